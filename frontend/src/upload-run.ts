// One run: hash, ask what is wanted, send only that, and follow what the server does with it.
import { pauseFor, retryDelay } from "./backoff";
import { RateMeter, secondsLeft } from "./eta";
import type { HashClient } from "./hash-client";
import type { Chosen, Unusable } from "./selection";
import { SendFailed, type SendOrder } from "./send-order";
import type { Sender } from "./sender";
import { type StageCounts, joinCounts } from "./stages";
import { CallRefused, type ManifestEntry, type ManifestResult, type Submissions, type SubmissionView } from "./submissions";

export interface Failure {
  path: string;
  bytes: number | null;
  /** A key below `upload.reason.`, or the server's own words in `said`. */
  code: string;
  said: string | null;
}
export type RunState = "hashing" | "sending" | "following" | "done" | "refused";
export interface Snapshot {
  state: RunState;
  paused: boolean;
  cut: boolean;
  submission: string;
  files: number;
  stages: StageCounts;
  allChecked: boolean;
  known: number;
  new: number;
  refused: number;
  bytesSaved: number;
  sendRate: number | null;
  hashRate: number | null;
  secondsLeft: number | null;
  failures: ReadonlyArray<Failure>;
}
export interface RunParts {
  submission: string;
  /** Nothing of this run was viewed by its provider. */
  sealed: boolean;
  chosen: Chosen[];
  unusable: Unusable[];
  submissions: Submissions;
  hasher: Pick<HashClient, "digests">;
  sender: Pick<Sender, "send" | "pause" | "resume">;
  batch: number;
  parallel: number;
  signal: AbortSignal;
  clock: () => number;
}
interface Wanted extends Omit<SendOrder, "file"> {
  item: Chosen;
}

// The first answers should come within seconds, so a batch also leaves when this much time has passed.
const BATCH_MS = 1500;
const FOLLOW_MS = 2000;
const FINISHED = new Set(["done", "finished", "complete", "completed"]);

export class UploadRun {
  readonly #parts: RunParts;
  readonly #failures: Failure[] = [];
  readonly #pending: ManifestEntry[] = [];
  readonly #queue: Wanted[] = [];
  readonly #inFlight = new Map<number, number>();
  readonly #hashMeter = new RateMeter();
  readonly #sendMeter = new RateMeter();
  readonly #bytesTotal: number;
  #state: RunState = "hashing";
  #resumed: (() => void) | null = null;
  #gate: Promise<void> | null = null;
  #wake: () => void = () => undefined;
  #server: SubmissionView | null = null;
  #cut = false;
  #lastBatch = 0;
  #bytesHashed = 0;
  #bytesPassed = 0;
  #bytesChecked = 0;
  #bytesWanted = 0;
  #bytesSent = 0;
  #bytesSaved = 0;
  #hashed = 0;
  #checked = 0;
  #known = 0;
  #wanted = 0;
  #sent = 0;
  #allChecked = false;
  onChange: () => void = () => undefined;

  constructor(parts: RunParts) {
    this.#parts = parts;
    this.#bytesTotal = parts.chosen.reduce((sum, item) => sum + item.bytes, 0);
    for (const { path, code } of parts.unusable) this.#fail(path, null, code);
  }

  /** Works until the server has matched everything; resolves earlier only when the whole run is refused. */
  async run(): Promise<void> {
    const follower = this.#follow();
    const senders = Array.from({ length: this.#parts.parallel }, () => this.#sendLoop());
    // They are awaited further down; until then a refusal of one must not count as unhandled.
    for (const one of [follower, ...senders]) one.catch(() => undefined);
    try {
      await this.#hashAll();
      this.#allChecked = true;
      this.#state = "sending";
      this.#wake();
      this.onChange();
      await Promise.all(senders);
      await this.#parts.submissions.close(this.#parts.submission);
      this.#state = "following";
      this.onChange();
      await follower;
      this.#state = "done";
    } catch (error) {
      if (!(error instanceof CallRefused)) throw error;
      this.#fail("", null, "run_refused", error.detail);
      this.#state = "refused";
      this.#allChecked = true;
      this.#wake();
    }
    this.onChange();
  }

  pause(): void {
    if (this.#gate !== null) return;
    this.#gate = new Promise((resolve) => {
      this.#resumed = resolve;
    });
    this.#parts.sender.pause();
    this.onChange();
  }

  resume(): void {
    this.#resumed?.();
    this.#gate = null;
    this.#hashMeter.reset();
    this.#sendMeter.reset();
    this.#parts.sender.resume();
    this.onChange();
  }

  setCut(cut: boolean): void {
    if (this.#cut === cut) return;
    this.#cut = cut;
    if (cut) this.#sendMeter.reset();
    this.onChange();
  }

  snapshot(): Snapshot {
    const files = this.#parts.chosen.length;
    const unsent = this.#bytesWanted - this.#bytesSent;
    const share = this.#bytesChecked > 0 ? this.#bytesWanted / this.#bytesChecked : 1;
    const hashRate = this.#hashMeter.perSecond();
    const sendRate = this.#sendMeter.perSecond();
    return {
      state: this.#state,
      paused: this.#gate !== null,
      cut: this.#cut,
      submission: this.#parts.submission,
      files,
      stages: joinCounts(
        {
          files,
          hashed: this.#hashed,
          checked: this.#checked,
          wanted: this.#wanted,
          sent: this.#sent,
        },
        this.#server?.stages ?? null,
      ),
      allChecked: this.#allChecked,
      known: this.#known,
      new: this.#wanted,
      refused: this.#failures.length,
      bytesSaved: this.#bytesSaved,
      sendRate,
      hashRate,
      secondsLeft: secondsLeft(
        { unhashed: Math.max(0, this.#bytesTotal - this.#bytesPassed), unsent: Math.max(0, unsent), wantedShare: share },
        hashRate,
        sendRate,
      ),
      failures: this.#failures,
    };
  }

  #fail(path: string, bytes: number | null, code: string, said: string | null = null): void {
    this.#failures.push({ path, bytes, code, said });
  }

  async #hashAll(): Promise<void> {
    this.#lastBatch = this.#parts.clock();
    for (const [index, item] of this.#parts.chosen.entries()) {
      await this.#gate;
      this.#parts.signal.throwIfAborted();
      await this.#hashOne(index + 1, item);
      const due = this.#parts.clock() - this.#lastBatch >= BATCH_MS;
      if (this.#pending.length >= this.#parts.batch || (due && this.#pending.length > 0)) await this.#ask();
    }
    while (this.#pending.length > 0) await this.#ask();
  }

  async #hashOne(entry: number, item: Chosen): Promise<void> {
    const before = this.#bytesPassed;
    try {
      const file = await item.open();
      const digests = await this.#parts.hasher.digests(file, (read) => {
        this.#bytesHashed = before + read;
        this.#hashMeter.record(this.#bytesHashed, this.#parts.clock());
        this.onChange();
      });
      this.#pending.push({
        entry,
        path: item.path,
        bytes: digests.bytes,
        modified: item.modified,
        md5: digests.md5,
        sha1: digests.sha1,
        sha256: digests.sha256,
        sealed: this.#parts.sealed,
      });
      this.#hashed += 1;
    } catch (error) {
      const code = error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "unreadable";
      this.#fail(item.path, item.bytes, code);
    }
    this.#bytesPassed += item.bytes;
    this.onChange();
  }

  async #ask(): Promise<void> {
    const entries = this.#pending.splice(0, this.#parts.batch);
    const results = await this.#parts.submissions.manifest(this.#parts.submission, entries);
    const answers = new Map(results.map((result) => [result.entry, result]));
    for (const entry of entries) this.#take(entry, answers.get(entry.entry));
    this.#lastBatch = this.#parts.clock();
    this.#wake();
    this.onChange();
  }

  #take(entry: ManifestEntry, result: ManifestResult | undefined): void {
    this.#checked += 1;
    this.#bytesChecked += entry.bytes;
    if (result?.status === "known") {
      this.#known += 1;
      this.#bytesSaved += entry.bytes;
      return;
    }
    const item = this.#parts.chosen[entry.entry - 1];
    if (result?.status !== "wanted" || item === undefined) {
      this.#fail(entry.path, entry.bytes, result?.reason ?? "no_answer");
      return;
    }
    this.#wanted += 1;
    this.#bytesWanted += entry.bytes;
    const { submission } = this.#parts;
    this.#queue.push({ submission, entry: entry.entry, sha256: entry.sha256, upload: result.upload, item });
  }

  async #sendLoop(): Promise<void> {
    for (;;) {
      const next = this.#queue.shift();
      if (next !== undefined) {
        await this.#sendOne(next);
      } else if (this.#allChecked) {
        return;
      } else {
        await this.#somethingNew();
      }
    }
  }

  #somethingNew(): Promise<void> {
    return new Promise((resolve) => {
      const before = this.#wake;
      this.#wake = () => {
        this.#wake = () => undefined;
        before();
        resolve();
      };
    });
  }

  async #sendOne(order: Wanted): Promise<void> {
    for (let attempt = 0; ; attempt += 1) {
      await this.#gate;
      try {
        const { item, ...rest } = order;
        await this.#parts.sender.send({ ...rest, file: await item.open() }, (bytes) => {
          this.#inFlight.set(order.entry, bytes);
          this.#sendMeter.record(this.#bytesSent + [...this.#inFlight.values()].reduce((a, b) => a + b, 0), this.#parts.clock());
          this.onChange();
        });
        this.#inFlight.delete(order.entry);
        this.#bytesSent += order.item.bytes;
        this.#sent += 1;
        this.onChange();
        return;
      } catch (error) {
        this.#inFlight.delete(order.entry);
        if (error instanceof SendFailed && error.passing) {
          this.setCut(true);
          await pauseFor(retryDelay(attempt), this.#parts.signal);
          continue;
        }
        this.#dropSend(order, error);
        return;
      }
    }
  }

  #dropSend(order: Wanted, error: unknown): void {
    const status = error instanceof SendFailed ? error.status : -1;
    const code = status === 460 ? "changed" : status === 507 ? "no_room" : status === -1 ? "unreadable" : "send_refused";
    this.#fail(order.item.path, order.item.bytes, code);
    this.#wanted -= 1;
    this.#bytesWanted -= order.item.bytes;
    this.onChange();
  }

  /** Asks the server how far it is until everything sent is matched. */
  async #follow(): Promise<void> {
    while (!this.#finished()) {
      await pauseFor(FOLLOW_MS, this.#parts.signal);
      if (this.#state === "refused") return;
      this.#server = await this.#parts.submissions.view(this.#parts.submission);
      this.onChange();
    }
  }

  #finished(): boolean {
    if (this.#state !== "following" || this.#server === null) return false;
    if (FINISHED.has(this.#server.state)) return true;
    const matched = this.#server.stages?.matched;
    return matched !== undefined && matched.done >= Math.max(matched.total, this.#sent);
  }
}
