// Waiting before another try: 1, 2, 4 … at most 30 seconds, with a spread so that a hundred desks
// that lost the same link do not all come back in the same second.

export function retryDelay(attempt: number, random: number = Math.random()): number {
  const full = Math.min(30_000, 1000 * 2 ** Math.max(0, attempt));
  return Math.round(full * (0.75 + random * 0.5));
}

/** Worth another try: no answer at all, too busy, locked, or the server's own fault. */
export function isPassing(status: number): boolean {
  return status === 0 || status === 408 || status === 423 || status === 429 || status >= 500;
}

/** Resolves after `ms`, or earlier when the link comes back; rejects when `signal` is aborted. */
export function pauseFor(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = (): void => {
      clearTimeout(timer);
      globalThis.removeEventListener?.("online", done);
      signal.removeEventListener("abort", stop);
    };
    const done = (): void => {
      end();
      resolve();
    };
    const stop = (): void => {
      end();
      reject(signal.reason);
    };
    const timer = setTimeout(done, ms);
    if (signal.aborted) return stop();
    globalThis.addEventListener?.("online", done);
    signal.addEventListener("abort", stop);
  });
}
