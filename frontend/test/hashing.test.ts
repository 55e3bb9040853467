import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { digestsOf } from "../src/hashing";

// FIPS 180-4 and RFC 1321 give these for "abc" and for nothing.
test("the digests of the published examples", async () => {
  const abc = await digestsOf(new Blob(["abc"]));
  assert.equal(abc.md5, "900150983cd24fb0d6963f7d28e17f72");
  assert.equal(abc.sha1, "a9993e364706816aba3e25717850c26c9cd0d89d");
  assert.equal(abc.sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  const empty = await digestsOf(new Blob([]));
  assert.equal(empty.md5, "d41d8cd98f00b204e9800998ecf8427e");
  assert.equal(empty.bytes, 0);
});

test("a file of several pieces, with a remainder, hashes like node does", async () => {
  const bytes = Buffer.alloc(9 * 1024 * 1024 + 7, 0);
  for (let at = 0; at < bytes.length; at += 4099) bytes[at] = at & 255;
  const seen: number[] = [];
  const digests = await digestsOf(new Blob([bytes]), (read) => seen.push(read));
  for (const name of ["md5", "sha1", "sha256"] as const) {
    assert.equal(digests[name], createHash(name).update(bytes).digest("hex"), name);
  }
  assert.equal(digests.bytes, bytes.length);
  assert.equal(seen.at(-1), bytes.length);
  assert.ok(seen.length === 3);
});

test("two files at once do not mix", async () => {
  const [a, b] = await Promise.all([digestsOf(new Blob(["a"])), digestsOf(new Blob(["b"]))]);
  assert.equal(a.md5, createHash("md5").update("a").digest("hex"));
  assert.equal(b.md5, createHash("md5").update("b").digest("hex"));
});

test("a file that cannot be read is an error, not a digest", async () => {
  const gone = { size: 5, slice: () => ({ arrayBuffer: () => Promise.resolve(new ArrayBuffer(0)) }) } as unknown as Blob;
  await assert.rejects(digestsOf(gone), { name: "NotReadableError" });
});
