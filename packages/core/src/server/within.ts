import type { IClock } from "../support/clock.ts";

/** Resolves when `promise` does or after `ms` milliseconds, whichever is first; rejects when `promise` rejects first. */
export function within(clock: IClock, ms: number, promise: Promise<void>): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = clock.schedule(ms, resolve);
    promise.then(() => {
      timer.cancel();
      resolve();
    }, reject);
  });
}
