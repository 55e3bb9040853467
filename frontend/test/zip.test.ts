import assert from "node:assert/strict";
import { test } from "node:test";
import { deflateRawSync } from "node:zlib";
import { readZip, ZipRefused } from "../src/zip";

interface Part {
  name: string | Buffer;
  data: Buffer;
  method?: number;
  flags?: number;
  claimed?: number;
  wide?: boolean;
}

/** Writes an archive by the book, so that the reader is tested against the format and not against another reader. */
function archive(parts: Part[], comment = ""): Blob {
  const bodies: Buffer[] = [];
  const central: Buffer[] = [];
  let offset = 0;
  for (const part of parts) {
    const name = Buffer.from(part.name);
    const method = part.method ?? 8;
    const packed = method === 8 ? deflateRawSync(part.data) : part.data;
    const size = part.claimed ?? part.data.length;
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50, 0);
    local.writeUInt16LE(name.length, 26);
    const head = Buffer.alloc(46);
    head.writeUInt32LE(0x02014b50, 0);
    head.writeUInt16LE(part.flags ?? 0, 8);
    head.writeUInt16LE(method, 10);
    head.writeUInt16LE((12 << 11) | (34 << 5) | 28, 12);
    head.writeUInt16LE((46 << 9) | (11 << 5) | 21, 14);
    head.writeUInt32LE(part.wide ? 0xffffffff : packed.length, 20);
    head.writeUInt32LE(part.wide ? 0xffffffff : size, 24);
    head.writeUInt16LE(name.length, 28);
    head.writeUInt32LE(part.wide ? 0xffffffff : offset, 42);
    let extra = Buffer.alloc(0);
    if (part.wide) {
      extra = Buffer.alloc(28);
      extra.writeUInt16LE(1, 0);
      extra.writeUInt16LE(24, 2);
      extra.writeBigUInt64LE(BigInt(size), 4);
      extra.writeBigUInt64LE(BigInt(packed.length), 12);
      extra.writeBigUInt64LE(BigInt(offset), 20);
      head.writeUInt16LE(extra.length, 30);
    }
    bodies.push(local, name, packed);
    central.push(head, name, extra);
    offset += 30 + name.length + packed.length;
  }
  const directory = Buffer.concat(central);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(parts.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(offset, 16);
  end.writeUInt16LE(comment.length, 20);
  return new Blob([Buffer.concat([...bodies, directory, end, Buffer.from(comment)])]);
}
const text = async (blob: Blob): Promise<string> => Buffer.from(await blob.arrayBuffer()).toString();

test("packed and stored entries come out as they went in, folders are left out", async () => {
  const blob = archive(
    [
      { name: "DCIM/", data: Buffer.alloc(0), method: 0 },
      { name: "DCIM/صورة 14.jpg", data: Buffer.from("hello ".repeat(1000)) },
      { name: "plain.txt", data: Buffer.from("as it is"), method: 0 },
    ],
    "a comment behind the end",
  );
  const entries = await readZip(blob);
  assert.deepEqual(
    entries.map(({ path, bytes, modified }) => [path, bytes, modified]),
    [
      ["DCIM/صورة 14.jpg", 6000, "2026-11-21T12:34:56"],
      ["plain.txt", 8, "2026-11-21T12:34:56"],
    ],
  );
  assert.equal(await text(await entries[0]!.open()), "hello ".repeat(1000));
  assert.equal(await text(await entries[1]!.open()), "as it is");
});

test("sizes beyond 32 bits are read from the wide field", async () => {
  const [entry] = await readZip(archive([{ name: "wide", data: Buffer.from("x".repeat(500)), wide: true }]));
  assert.equal(entry!.bytes, 500);
  assert.equal(await text(await entry!.open()), "x".repeat(500));
});

test("a name that is no UTF-8 is kept sign by sign", async () => {
  const [entry] = await readZip(archive([{ name: Buffer.from([0x63, 0xe9]), data: Buffer.from("1") }]));
  assert.equal(entry!.path, "cé");
});

test("an entry that unpacks to more than it claimed ends there", async () => {
  const [entry] = await readZip(archive([{ name: "bomb", data: Buffer.alloc(5_000_000), claimed: 1000 }]));
  await assert.rejects(entry!.open(), { code: "zip_damaged" });
});

test("an entry that unpacks to less than it claimed is damaged", async () => {
  const [entry] = await readZip(archive([{ name: "short", data: Buffer.from("abc"), claimed: 1000 }]));
  await assert.rejects(entry!.open(), { code: "zip_damaged" });
});

test("locked and foreign methods are named, not guessed", async () => {
  const [locked, odd] = await readZip(
    archive([
      { name: "locked", data: Buffer.from("1"), flags: 1 },
      { name: "odd", data: Buffer.from("1"), method: 14 },
    ]),
  );
  assert.throws(() => locked!.open(), (error) => error instanceof ZipRefused && error.code === "zip_locked");
  await assert.rejects(odd!.open(), { code: "zip_method" });
});

test("what is no archive, or is cut off, is refused", async () => {
  await assert.rejects(readZip(new Blob(["not an archive at all"])), { code: "zip_not_an_archive" });
  const whole = archive([{ name: "a", data: Buffer.from("1") }]);
  await assert.rejects(readZip(whole.slice(0, whole.size - 22)), { code: "zip_not_an_archive" });
  await assert.rejects(readZip(whole.slice(20)), ZipRefused);
});
