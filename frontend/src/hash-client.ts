// The page's side of the hash worker.
import type { Digests } from "./hashing";

export interface HashOrder {
  id: number;
  file: Blob;
}
export type HashAnswer =
  | { id: number; kind: "progress"; read: number }
  | { id: number; kind: "digests"; digests: Digests }
  | { id: number; kind: "failed"; reason: string };

interface Waiting {
  resolve(digests: Digests): void;
  reject(error: Error): void;
  progress(read: number): void;
}

/** A file that cannot be hashed; `name` is the browser's own word (NotReadableError, NotFoundError …). */
export class HashFailed extends Error {
  constructor(reason: string) {
    super(reason);
    this.name = reason;
  }
}

export class HashClient {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  #next = 1;

  constructor(address: string) {
    this.#worker = new Worker(address, { type: "module", name: "hash" });
    this.#worker.onmessage = (event: MessageEvent<HashAnswer>) => this.#take(event.data);
    this.#worker.onerror = (event) => {
      event.preventDefault();
      for (const one of this.#waiting.values()) one.reject(new HashFailed("WorkerError"));
      this.#waiting.clear();
    };
  }

  digests(file: Blob, progress: (read: number) => void): Promise<Digests> {
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject, progress });
      this.#worker.postMessage({ id, file } satisfies HashOrder);
    });
  }

  end(): void {
    this.#worker.terminate();
  }

  #take(answer: HashAnswer): void {
    const waiting = this.#waiting.get(answer.id);
    if (waiting === undefined) return;
    if (answer.kind === "progress") return waiting.progress(answer.read);
    this.#waiting.delete(answer.id);
    if (answer.kind === "digests") waiting.resolve(answer.digests);
    else waiting.reject(new HashFailed(answer.reason));
  }
}
