// How fast the work goes and how long it will still take.

interface Sample {
  at: number;
  done: number;
}

/** Speed over the last `windowMs` of samples; null until two samples lie far enough apart to mean anything. */
export class RateMeter {
  readonly #windowMs: number;
  readonly #samples: Sample[] = [];

  constructor(windowMs = 20_000) {
    this.#windowMs = windowMs;
  }

  /** Records that `done` units were finished in total at time `at` (milliseconds). */
  record(done: number, at: number): void {
    this.#samples.push({ at, done });
    while (this.#samples.length > 2 && at - (this.#samples[0]?.at ?? at) > this.#windowMs) this.#samples.shift();
  }

  /** Forgets the past: after a pause or a cut the old speed says nothing. */
  reset(): void {
    this.#samples.length = 0;
  }

  perSecond(): number | null {
    const first = this.#samples[0];
    const last = this.#samples.at(-1);
    if (first === undefined || last === undefined || last.at - first.at < 500) return null;
    return ((last.done - first.done) * 1000) / (last.at - first.at);
  }
}

export interface Workload {
  /** Bytes not hashed yet. */
  unhashed: number;
  /** Bytes the server wants and has not got yet. */
  unsent: number;
  /** Of the bytes already answered, the share the server wanted: 0 to 1. */
  wantedShare: number;
}

/** Seconds left: hashing and sending run side by side, so the slower one decides. Null while unknown. */
export function secondsLeft(work: Workload, hashRate: number | null, sendRate: number | null): number | null {
  const hash = work.unhashed === 0 ? 0 : rateTime(work.unhashed, hashRate);
  const toSend = work.unsent + work.unhashed * work.wantedShare;
  const send = toSend === 0 ? 0 : rateTime(toSend, sendRate);
  if (hash === null || send === null) return null;
  return Math.max(hash, send);
}

function rateTime(amount: number, rate: number | null): number | null {
  return rate === null || rate <= 0 ? null : amount / rate;
}
