import assert from "node:assert/strict";
import { test } from "node:test";
import { retryDelay, isPassing, pauseFor } from "../src/backoff";
import { RateMeter, secondsLeft } from "../src/eta";

test("a speed is unknown until half a second of samples lies between first and last", () => {
  const meter = new RateMeter();
  assert.equal(meter.perSecond(), null);
  meter.record(0, 0);
  meter.record(100, 499);
  assert.equal(meter.perSecond(), null);
  meter.record(100, 500);
  assert.equal(meter.perSecond(), 200);
});

test("only the last window counts, so a slow start does not spoil the estimate", () => {
  const meter = new RateMeter(1000);
  meter.record(0, 0);
  for (let at = 10_000; at <= 12_000; at += 100) meter.record(at, at);
  const speed = meter.perSecond();
  assert.ok(speed !== null && Math.abs(speed - 1000) < 1, String(speed));
});

test("after a pause the old speed is forgotten", () => {
  const meter = new RateMeter();
  meter.record(0, 0);
  meter.record(1000, 1000);
  meter.reset();
  assert.equal(meter.perSecond(), null);
});

test("hashing and sending run side by side: the slower one decides", () => {
  const work = { unhashed: 1000, unsent: 500, wantedShare: 0.5 };
  assert.equal(secondsLeft(work, 100, 1000), 10);
  assert.equal(secondsLeft(work, 10_000, 100), 10);
});

test("what is known needs no sending time", () => {
  assert.equal(secondsLeft({ unhashed: 1000, unsent: 0, wantedShare: 0 }, 100, null), 10);
});

test("nothing left takes no time, and an unknown speed gives no promise", () => {
  assert.equal(secondsLeft({ unhashed: 0, unsent: 0, wantedShare: 1 }, null, null), 0);
  assert.equal(secondsLeft({ unhashed: 0, unsent: 1, wantedShare: 1 }, 5, null), null);
  assert.equal(secondsLeft({ unhashed: 0, unsent: 1, wantedShare: 1 }, 5, 0), null);
});

test("waiting doubles up to half a minute, spread by a quarter to each side", () => {
  assert.equal(retryDelay(0, 0.5), 1000);
  assert.equal(retryDelay(3, 0.5), 8000);
  assert.equal(retryDelay(50, 0.5), 30_000);
  assert.equal(retryDelay(0, 0), 750);
  assert.equal(retryDelay(0, 1), 1250);
});

test("a cut line, a busy server and its own faults pass; a refusal does not", () => {
  for (const status of [0, 408, 423, 429, 500, 503]) assert.ok(isPassing(status), String(status));
  for (const status of [400, 401, 403, 404, 409, 413, 415, 460]) assert.ok(!isPassing(status), String(status));
});

test("a wait ends at once when it is given up", async () => {
  const stop = new AbortController();
  const waiting = pauseFor(60_000, stop.signal);
  stop.abort(new Error("given up"));
  await assert.rejects(waiting, /given up/);
});
