import assert from "node:assert/strict";
import { test } from "node:test";
import { joinCounts, percent, stageState } from "../src/stages";

const local = { files: 100, hashed: 60, checked: 50, wanted: 20, sent: 8 };

test("hashed and checked are counted here, everything later by the server", () => {
  const counts = joinCounts(local, {
    hashed: { done: 1, total: 1 },
    sent: { done: 7, total: 20 },
    verified: { done: 6, total: 20 },
    analysed: { done: 5, total: 20 },
    matched: { done: 4, total: 20 },
  });
  assert.deepEqual(counts.hashed, { done: 60, total: 100 });
  assert.deepEqual(counts.checked, { done: 50, total: 100 });
  assert.deepEqual(counts.sent, { done: 8, total: 20 });
  assert.deepEqual(counts.matched, { done: 4, total: 20 });
});

test("without an answer of the server nothing is claimed for it", () => {
  const counts = joinCounts(local, null);
  assert.deepEqual(counts.verified, { done: 0, total: 20 });
  assert.deepEqual(counts.matched, { done: 0, total: 20 });
});

test("after a reload the server's larger figure wins", () => {
  const counts = joinCounts({ ...local, sent: 0, wanted: 2 }, { sent: { done: 18, total: 20 }, verified: { done: 18, total: 20 } });
  assert.deepEqual(counts.sent, { done: 18, total: 20 });
  assert.deepEqual(counts.verified, { done: 18, total: 20 });
});

test("no stage shows more done than there is", () => {
  const counts = joinCounts(local, { matched: { done: 99, total: 20 } });
  assert.deepEqual(counts.matched, { done: 20, total: 20 });
});

test("a hundred per cent means all of it", () => {
  assert.equal(percent({ done: 9999, total: 10_000 }), 99);
  assert.equal(percent({ done: 10_000, total: 10_000 }), 100);
  assert.equal(percent({ done: 0, total: 0 }), 0);
});

test("a stage is done only when its total is final", () => {
  assert.equal(stageState({ done: 5, total: 5 }, false, false), "now");
  assert.equal(stageState({ done: 5, total: 5 }, true, false), "done");
  assert.equal(stageState({ done: 0, total: 0 }, true, false), "done");
  assert.equal(stageState({ done: 0, total: 5 }, true, true), "wait");
  assert.equal(stageState({ done: 2, total: 5 }, true, true), "stop");
});
