// Reads a ZIP (APPNOTE 6.3, with ZIP64) without unpacking it to disk: the list first, then one entry at a time.
// Nothing in the archive is trusted: sizes are checked while unpacking, so a bomb ends at the size it claimed.

export interface ZipEntry {
  /** Path inside the archive, with forward slashes, exactly as stored. */
  path: string;
  /** Size after unpacking, as the archive claims it. */
  bytes: number;
  modified: string | null;
  open(): Promise<Blob>;
}

/** Why an archive or one entry cannot be read; `code` is a key of the page's texts. */
export class ZipRefused extends Error {
  readonly code: "zip_not_an_archive" | "zip_locked" | "zip_method" | "zip_damaged";
  constructor(code: ZipRefused["code"]) {
    super(code);
    this.name = "ZipRefused";
    this.code = code;
  }
}

const END = 0x06054b50;
const END64_LOCATOR = 0x07064b50;
const END64 = 0x06064b50;
const CENTRAL = 0x02014b50;
const LOCAL = 0x04034b50;
const WIDE = 0xffffffff;

interface Directory {
  offset: number;
  size: number;
  count: number;
}

/** Lists the files of the archive; folders are left out. */
export async function readZip(archive: Blob): Promise<ZipEntry[]> {
  const directory = await findDirectory(archive);
  const view = await viewOf(archive, directory.offset, directory.size);
  const entries: ZipEntry[] = [];
  let at = 0;
  for (let index = 0; index < directory.count; index += 1) {
    if (at + 46 > view.byteLength || view.getUint32(at, true) !== CENTRAL) throw new ZipRefused("zip_damaged");
    const names = view.getUint16(at + 28, true);
    const extras = view.getUint16(at + 30, true);
    const comment = view.getUint16(at + 32, true);
    if (at + 46 + names + extras > view.byteLength) throw new ZipRefused("zip_damaged");
    const entry = readEntry(archive, view, at, names, extras);
    if (!entry.path.endsWith("/")) entries.push(entry);
    at += 46 + names + extras + comment;
  }
  return entries;
}

async function viewOf(archive: Blob, offset: number, size: number): Promise<DataView> {
  if (offset < 0 || size < 0 || offset + size > archive.size) throw new ZipRefused("zip_damaged");
  return new DataView(await archive.slice(offset, offset + size).arrayBuffer());
}

async function findDirectory(archive: Blob): Promise<Directory> {
  // The end record is 22 bytes and may be followed by a comment of at most 65,535.
  const tail = Math.min(archive.size, 22 + 65_535);
  const view = await viewOf(archive, archive.size - tail, tail);
  for (let at = tail - 22; at >= 0; at -= 1) {
    if (view.getUint32(at, true) !== END) continue;
    const found = {
      count: view.getUint16(at + 10, true),
      size: view.getUint32(at + 12, true),
      offset: view.getUint32(at + 16, true),
    };
    const wide = found.count === 0xffff || found.size === WIDE || found.offset === WIDE;
    return wide ? wideDirectory(archive, archive.size - tail + at) : found;
  }
  throw new ZipRefused("zip_not_an_archive");
}

async function wideDirectory(archive: Blob, end: number): Promise<Directory> {
  const locator = await viewOf(archive, end - 20, 20);
  if (locator.getUint32(0, true) !== END64_LOCATOR) throw new ZipRefused("zip_damaged");
  const record = await viewOf(archive, Number(locator.getBigUint64(8, true)), 56);
  if (record.getUint32(0, true) !== END64) throw new ZipRefused("zip_damaged");
  return {
    count: Number(record.getBigUint64(32, true)),
    size: Number(record.getBigUint64(40, true)),
    offset: Number(record.getBigUint64(48, true)),
  };
}

function readEntry(archive: Blob, view: DataView, at: number, names: number, extras: number): ZipEntry {
  const flags = view.getUint16(at + 8, true);
  const method = view.getUint16(at + 10, true);
  const raw = new Uint8Array(view.buffer, view.byteOffset + at + 46, names);
  const sizes = {
    packed: view.getUint32(at + 20, true),
    bytes: view.getUint32(at + 24, true),
    offset: view.getUint32(at + 42, true),
  };
  widen(view, at + 46 + names, extras, sizes);
  const locked = (flags & 0x1) !== 0;
  return {
    path: nameOf(raw),
    bytes: sizes.bytes,
    modified: dosTime(view.getUint16(at + 14, true), view.getUint16(at + 12, true)),
    open: () => {
      if (locked) throw new ZipRefused("zip_locked");
      return unpack(archive, sizes, method);
    },
  };
}

/** ZIP64: sizes that do not fit into 32 bits stand in extra field 1, in this order, only when needed. */
function widen(view: DataView, start: number, length: number, sizes: { packed: number; bytes: number; offset: number }): void {
  let at = start;
  while (at + 4 <= start + length) {
    const size = view.getUint16(at + 2, true);
    if (view.getUint16(at, true) === 1) {
      const end = Math.min(at + 4 + size, start + length);
      let field = at + 4;
      for (const key of ["bytes", "packed", "offset"] as const) {
        if (sizes[key] !== WIDE) continue;
        if (field + 8 > end) throw new ZipRefused("zip_damaged");
        sizes[key] = Number(view.getBigUint64(field, true));
        field += 8;
      }
    }
    at += 4 + size;
  }
}

/** UTF-8 where it is valid, else Latin-1: a name is never lost, and never guessed at. */
function nameOf(raw: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(raw);
  } catch {
    return new TextDecoder("latin1").decode(raw);
  }
}

/** DOS time has no zone and two-second steps; the text says so by having no offset. */
function dosTime(date: number, time: number): string | null {
  if (date === 0) return null;
  const two = (value: number): string => String(value).padStart(2, "0");
  const day = `${(date >> 9) + 1980}-${two((date >> 5) & 15)}-${two(date & 31)}`;
  return `${day}T${two(time >> 11)}:${two((time >> 5) & 63)}:${two((time & 31) * 2)}`;
}

async function unpack(archive: Blob, sizes: { packed: number; bytes: number; offset: number }, method: number): Promise<Blob> {
  const local = await viewOf(archive, sizes.offset, 30);
  if (local.getUint32(0, true) !== LOCAL) throw new ZipRefused("zip_damaged");
  const start = sizes.offset + 30 + local.getUint16(26, true) + local.getUint16(28, true);
  if (start + sizes.packed > archive.size) throw new ZipRefused("zip_damaged");
  const packed = archive.slice(start, start + sizes.packed);
  if (method === 0) {
    if (packed.size !== sizes.bytes) throw new ZipRefused("zip_damaged");
    return packed;
  }
  if (method !== 8) throw new ZipRefused("zip_method");
  return inflate(packed, sizes.bytes);
}

async function inflate(packed: Blob, claimed: number): Promise<Blob> {
  const reader = packed.stream().pipeThrough(new DecompressionStream("deflate-raw")).getReader();
  const pieces: BlobPart[] = [];
  let bytes = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      bytes += value.length;
      if (bytes > claimed) throw new ZipRefused("zip_damaged");
      pieces.push(new Blob([value]));
    }
  } catch {
    await reader.cancel().catch(() => undefined);
    throw new ZipRefused("zip_damaged");
  }
  if (bytes !== claimed) throw new ZipRefused("zip_damaged");
  return new Blob(pieces);
}
