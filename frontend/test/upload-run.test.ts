import assert from "node:assert/strict";
import { test } from "node:test";
import { digestsOf } from "../src/hashing";
import type { Chosen } from "../src/selection";
import { SendFailed } from "../src/send-order";
import { CallRefused, type ManifestEntry, type Submissions } from "../src/submissions";
import { UploadRun } from "../src/upload-run";

const chosen = (texts: string[]): Chosen[] =>
  texts.map((text, index) => ({
    path: `f${index + 1}`,
    bytes: text.length,
    modified: null,
    open: () => (text === "locked" ? Promise.reject(new Error("gone")) : Promise.resolve(new Blob([text]))),
  }));

interface Seen {
  batches: number[];
  sent: string[];
  closed: number;
}

function parts(texts: string[], more: { batch?: number; send?: (entry: number, attempt: number) => void } = {}) {
  const seen: Seen = { batches: [], sent: [], closed: 0 };
  const tries = new Map<number, number>();
  const submissions = {
    manifest: (_: string, entries: ManifestEntry[]) => {
      seen.batches.push(entries.length);
      return Promise.resolve(
        entries.map((entry) => {
          const known = entry.path === "f1";
          const empty = entry.bytes === 0;
          const status = empty ? ("refused" as const) : known ? ("known" as const) : ("wanted" as const);
          return { entry: entry.entry, status, reason: empty ? "empty" : null, upload: null };
        }),
      );
    },
    close: () => {
      seen.closed += 1;
      return Promise.resolve();
    },
    view: () => {
      const done = seen.sent.length;
      const stage = { done, total: done };
      return Promise.resolve({ id: "s", state: "closed", stages: { sent: stage, verified: stage, analysed: stage, matched: stage } });
    },
  } as unknown as Submissions;
  const sender = {
    send: async (order: { entry: number; sha256: string }) => {
      const attempt = (tries.get(order.entry) ?? 0) + 1;
      tries.set(order.entry, attempt);
      more.send?.(order.entry, attempt);
      seen.sent.push(order.sha256);
    },
    pause: () => undefined,
    resume: () => undefined,
  };
  const run = new UploadRun({
    submission: "s",
    sealed: false,
    chosen: chosen(texts),
    unusable: [],
    submissions,
    sender,
    hasher: { digests: (file, progress) => digestsOf(file, progress) },
    batch: more.batch ?? 500,
    parallel: 2,
    signal: new AbortController().signal,
    clock: () => performance.now(),
  });
  return { run, seen };
}

test("only wanted files are sent; known, refused and unreadable ones are counted apart", async () => {
  const { run, seen } = parts(["known", "", "locked", "new one", "new two"]);
  await run.run();
  const end = run.snapshot();
  assert.equal(end.state, "done");
  assert.equal(seen.sent.length, 2);
  assert.equal(seen.closed, 1);
  assert.deepEqual([end.known, end.new, end.refused, end.bytesSaved], [1, 2, 2, 5]);
  assert.deepEqual(
    end.failures.map(({ path, code }) => [path, code]),
    [
      ["f3", "unreadable"],
      ["f2", "empty"],
    ],
  );
  assert.deepEqual(end.stages.matched, { done: 2, total: 2 });
});

test("the manifest goes in batches of at most the given size", async () => {
  const { run, seen } = parts(["known", ..."abcdefg"], { batch: 3 });
  await run.run();
  assert.deepEqual(seen.batches, [3, 3, 2]);
});

test("a cut line costs another try and no file", async () => {
  const { run, seen } = parts(["known", "a", "b"], {
    send: (entry, attempt) => {
      if (entry === 2 && attempt === 1) throw new SendFailed(503, "busy");
    },
  });
  await run.run();
  assert.equal(seen.sent.length, 2);
  assert.equal(run.snapshot().refused, 0);
});

test("a file the server finds changed is listed, the others go on", async () => {
  const { run, seen } = parts(["known", "a", "b"], {
    send: (entry) => {
      if (entry === 2) throw new SendFailed(460, "digest differs");
    },
  });
  await run.run();
  assert.equal(seen.sent.length, 1);
  assert.deepEqual(run.snapshot().failures.map(({ path, code }) => [path, code]), [["f2", "changed"]]);
  assert.equal(run.snapshot().new, 1);
});

test("while paused nothing is hashed or sent", async () => {
  const { run, seen } = parts(["known", "a"]);
  run.pause();
  const running = run.run();
  await new Promise((resolve) => setTimeout(resolve, 100));
  assert.equal(run.snapshot().stages.hashed.done, 0);
  assert.equal(seen.sent.length, 0);
  run.resume();
  await running;
  assert.equal(seen.sent.length, 1);
});

test("a refused manifest ends the run with the server's own words", async () => {
  const { run } = parts(["a"]);
  const broken = { manifest: () => Promise.reject(new CallRefused(403, "The case is closed.")), view: () => Promise.resolve({ id: "s", state: "open" }) };
  const refused = new UploadRun({
    submission: "s",
    sealed: false,
    chosen: chosen(["a"]),
    unusable: [],
    submissions: broken as unknown as Submissions,
    sender: { send: () => Promise.resolve(), pause: () => undefined, resume: () => undefined },
    hasher: { digests: (file, progress) => digestsOf(file, progress) },
    batch: 500,
    parallel: 1,
    signal: new AbortController().signal,
    clock: () => performance.now(),
  });
  await refused.run();
  assert.equal(refused.snapshot().state, "refused");
  assert.equal(refused.snapshot().failures[0]?.said, "The case is closed.");
  assert.equal(run.snapshot().state, "hashing");
});
