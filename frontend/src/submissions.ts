// The four calls of a submission. Every call is tried again while the cause is passing.
import { isPassing, pauseFor, retryDelay } from "./backoff";
import type { StageCounts } from "./stages";

export interface ManifestEntry {
  entry: number;
  path: string;
  bytes: number;
  modified: string | null;
  md5: string;
  sha1: string;
  sha256: string;
  /** Its provider did not view it. */
  sealed: boolean;
}
export interface ManifestResult {
  entry: number;
  status: "known" | "wanted" | "refused";
  reason: string | null;
  upload: string | null;
}
export interface SubmissionView {
  id: string;
  state: string;
  stages?: Partial<StageCounts>;
  known?: number;
  new?: number;
  refused?: number;
  bytes_saved?: number;
}

/** An answer that trying again will not change. `detail` is the server's own translated sentence, if it gave one. */
export class CallRefused extends Error {
  readonly status: number;
  readonly detail: string | null;
  constructor(status: number, detail: string | null) {
    super(detail ?? `status ${status}`);
    this.name = "CallRefused";
    this.status = status;
    this.detail = detail;
  }
}

export interface SubmissionAddresses {
  /** Address of the submissions collection, without a slash at its end. */
  submissions: string;
  csrf: string;
}

export class Submissions {
  readonly #addresses: SubmissionAddresses;
  readonly #signal: AbortSignal;
  /** Told `true` when a call had to wait because the line or the server is away, `false` when it works again. */
  onCut: (cut: boolean) => void = () => undefined;

  constructor(addresses: SubmissionAddresses, signal: AbortSignal) {
    this.#addresses = addresses;
    this.#signal = signal;
  }

  async open(fields: { case: string; exhibit: string; source: string }): Promise<string> {
    // One key for all tries: an answer lost on the way must not open a second submission.
    const headers = { "Idempotency-Key": crypto.randomUUID() };
    const answer = await this.#call<{ id: string }>("POST", "", fields, headers);
    return answer.id;
  }

  async manifest(id: string, entries: ManifestEntry[]): Promise<ManifestResult[]> {
    const answer = await this.#call<{ results: ManifestResult[] }>("POST", `/${id}/manifest`, { entries });
    return answer.results;
  }

  close(id: string): Promise<unknown> {
    return this.#call("POST", `/${id}/close`, {});
  }

  view(id: string): Promise<SubmissionView> {
    return this.#call("GET", `/${id}`);
  }

  async #call<T>(method: string, path: string, body?: unknown, extra: Record<string, string> = {}): Promise<T> {
    for (let attempt = 0; ; attempt += 1) {
      const answer = await this.#try(method, path, body, extra);
      if (answer !== null && !isPassing(answer.status)) {
        this.onCut(false);
        if (!answer.ok) throw new CallRefused(answer.status, await detailOf(answer));
        return (answer.status === 204 ? null : await answer.json()) as T;
      }
      this.onCut(true);
      await pauseFor(retryDelay(attempt), this.#signal);
    }
  }

  async #try(method: string, path: string, body: unknown, extra: Record<string, string>): Promise<Response | null> {
    const headers: Record<string, string> = { Accept: "application/json", "X-CSRFToken": this.#addresses.csrf, ...extra };
    const init: RequestInit = { method, headers, credentials: "same-origin", signal: this.#signal };
    if (body !== undefined) {
      headers["Content-Type"] = "application/json";
      init.body = JSON.stringify(body);
    }
    try {
      return await fetch(`${this.#addresses.submissions}${path}`, init);
    } catch (error) {
      if (this.#signal.aborted) throw error;
      return null;
    }
  }
}

/** The sentence of a problem document (RFC 9457), or null. */
export async function detailOf(answer: Response): Promise<string | null> {
  try {
    const problem = (await answer.json()) as { detail?: unknown; title?: unknown };
    if (typeof problem.detail === "string") return problem.detail;
    return typeof problem.title === "string" ? problem.title : null;
  } catch {
    return null;
  }
}
