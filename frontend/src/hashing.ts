// MD5, SHA-1 and SHA-256 of a file in one pass, a piece at a time: memory stays flat for any size.
import { createMD5, createSHA1, createSHA256 } from "hash-wasm";

export interface Digests {
  md5: string;
  sha1: string;
  sha256: string;
  bytes: number;
}

const PIECE = 4 * 1024 * 1024;

/** Reads `file` once; `progress` gets the bytes read so far. Rejects when the file cannot be read to its end. */
export async function digestsOf(file: Blob, progress?: (bytes: number) => void): Promise<Digests> {
  const hashers = await Promise.all([createMD5(), createSHA1(), createSHA256()]);
  for (const hasher of hashers) hasher.init();
  let read = 0;
  while (read < file.size) {
    const piece = new Uint8Array(await file.slice(read, Math.min(read + PIECE, file.size)).arrayBuffer());
    if (piece.length === 0) throw new DOMException("the file ended early", "NotReadableError");
    for (const hasher of hashers) hasher.update(piece);
    read += piece.length;
    progress?.(read);
  }
  const [md5, sha1, sha256] = hashers.map((hasher) => hasher.digest("hex"));
  return { md5: md5 ?? "", sha1: sha1 ?? "", sha256: sha256 ?? "", bytes: read };
}
