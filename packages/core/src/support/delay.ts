import type { IClock } from "./clock.ts";

/** Resolves after `delayMs` milliseconds or as soon as `signal` fires, whichever is first. Never rejects. */
export function delay(clock: IClock, delayMs: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const end = (): void => {
      timer.cancel();
      signal?.removeEventListener("abort", end);
      resolve();
    };
    const timer = clock.schedule(delayMs, end);
    signal?.addEventListener("abort", end, { once: true });
  });
}
