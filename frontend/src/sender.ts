// Sends one file by tus 1.0. A cut costs at most the piece under way: the server says where to go on.
import { DetailedError, Upload } from "tus-js-client";
import { isPassing } from "./backoff";
import { SendFailed, type SendOrder } from "./send-order";

const PIECE = 16 * 1024 * 1024;
const TRIES = [1000, 2000, 4000, 8000, 16_000, 30_000];

export class Sender {
  readonly #endpoint: string;
  readonly #csrf: string;
  readonly #running = new Set<Upload>();
  #paused = false;
  onCut: (cut: boolean) => void = () => undefined;

  constructor(endpoint: string, csrf: string) {
    this.#endpoint = endpoint;
    this.#csrf = csrf;
  }

  /** Resolves when the server has acknowledged the last byte, which it does only after checking the digest. */
  send(order: SendOrder, progress: (bytes: number) => void): Promise<void> {
    return new Promise((resolve, reject) => {
      const upload = new Upload(order.file, {
        endpoint: this.#endpoint,
        uploadUrl: order.upload,
        chunkSize: PIECE,
        uploadDataDuringCreation: true,
        metadata: { submission: order.submission, entry: String(order.entry) },
        headers: { "X-CSRFToken": this.#csrf },
        retryDelays: TRIES,
        removeFingerprintOnSuccess: true,
        fingerprint: () => Promise.resolve(`vigie-${order.submission}-${order.entry}-${order.sha256}`),
        onShouldRetry: (error) => {
          const passing = isPassing(statusOf(error));
          if (passing) this.onCut(true);
          return passing;
        },
        onProgress: (bytes) => progress(bytes),
        onChunkComplete: () => this.onCut(false),
        onSuccess: () => {
          this.#running.delete(upload);
          this.onCut(false);
          resolve();
        },
        onError: (error) => {
          this.#running.delete(upload);
          reject(new SendFailed(statusOf(error), error.message));
        },
      });
      this.#running.add(upload);
      void this.#start(upload, order.upload !== null);
    });
  }

  async #start(upload: Upload, hasAddress: boolean): Promise<void> {
    if (!hasAddress) {
      const [earlier] = await upload.findPreviousUploads();
      if (earlier) upload.resumeFromPreviousUpload(earlier);
    }
    if (!this.#paused) upload.start();
  }

  /** Stops in the middle of files; the server keeps what it has. */
  pause(): void {
    this.#paused = true;
    for (const upload of this.#running) void upload.abort(false);
  }

  resume(): void {
    this.#paused = false;
    for (const upload of this.#running) upload.start();
  }
}

function statusOf(error: unknown): number {
  return error instanceof DetailedError ? (error.originalResponse?.getStatus() ?? 0) : 0;
}
