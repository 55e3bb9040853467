// What a person chose: files, a folder, dropped things or archives, as one list with stable numbers.
import { readZip, ZipRefused } from "./zip";

export interface Chosen {
  /** Path as found, with forward slashes. */
  path: string;
  bytes: number;
  /** RFC 3339 time the file was last changed, or null. */
  modified: string | null;
  open(): Promise<Blob>;
}
export interface Unusable {
  path: string;
  code: string;
}
export interface Selection {
  chosen: Chosen[];
  unusable: Unusable[];
}

function fromFile(file: File, path: string): Chosen {
  return {
    path,
    bytes: file.size,
    modified: file.lastModified > 0 ? new Date(file.lastModified).toISOString() : null,
    open: () => Promise.resolve(file),
  };
}

/** Opens archives, keeps the rest, and sorts by path: the same choice gets the same numbers again. */
export async function selectionOf(files: ReadonlyArray<{ file: File; path: string }>): Promise<Selection> {
  const selection: Selection = { chosen: [], unusable: [] };
  for (const { file, path } of files) {
    if (!/\.zip$/i.test(path)) {
      selection.chosen.push(fromFile(file, path));
      continue;
    }
    try {
      for (const entry of await readZip(file)) selection.chosen.push({ ...entry, path: `${path}/${entry.path}` });
    } catch (error) {
      selection.unusable.push({ path, code: error instanceof ZipRefused ? error.code : "unreadable" });
    }
  }
  selection.chosen.sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
  return selection;
}

export function pathsOf(list: FileList): { file: File; path: string }[] {
  return [...list].map((file) => ({ file, path: file.webkitRelativePath || file.name }));
}

/** Walks dropped folders. `readEntries` answers at most 100 at a time, so it is asked until it is empty. */
export async function pathsOfDrop(items: DataTransferItemList): Promise<{ file: File; path: string }[]> {
  const roots = [...items].map((item) => item.webkitGetAsEntry()).filter((entry) => entry !== null);
  const found: { file: File; path: string }[] = [];
  const walk = async (entry: FileSystemEntry): Promise<void> => {
    const path = entry.fullPath.replace(/^\//, "");
    if (entry.isFile) {
      const file = await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject));
      found.push({ file, path });
      return;
    }
    const reader = (entry as FileSystemDirectoryEntry).createReader();
    for (;;) {
      const part = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
      if (part.length === 0) return;
      for (const child of part) await walk(child);
    }
  };
  for (const root of roots) await walk(root);
  return found;
}

/** Tells one choice from another without hashing any file: FNV-1a over paths and sizes. */
export function fingerprintOf(chosen: ReadonlyArray<Chosen>): string {
  let hash = 0x811c9dc5;
  for (const { path, bytes } of chosen) {
    for (const sign of `${path}\u0000${bytes}\n`) {
      hash = Math.imul(hash ^ (sign.codePointAt(0) ?? 0), 0x01000193);
    }
  }
  return `${chosen.length}-${(hash >>> 0).toString(16)}`;
}
