/** Weight of the newest value in a moving average. */
const SMOOTHING = 0.2;
/** Handlers slower than this gain nothing from jobs that wait beside them. */
const SLOW_HANDLER_MS = 50;
/** A round trip is never taken for shorter: the event loop itself needs a turn. */
const SHORTEST_ROUND_TRIP_MS = 0.5;
/** A handler is never taken for faster. */
const SHORTEST_RUN_MS = 0.002;

/**
 * How many jobs a job server holds beyond those that run, so that a slot never waits for a round trip: the number that its
 * slots finish in two round trips (Little's law), none while handlers are slow, so that slow jobs are not hoarded. Grows at
 * most by doubling.
 */
export class Prefetch {
  readonly #concurrency: number;
  readonly #most: number;
  #runMs: number | null = null;
  #roundTripMs: number | null = null;
  #target = 0;

  /** @param most Upper bound, >= 0; 0 switches it off. */
  constructor(concurrency: number, most: number) {
    this.#concurrency = concurrency;
    this.#most = most;
  }

  /** Jobs to hold beyond the running ones. */
  get target(): number {
    return this.#target;
  }

  /** The average round trip to the storage, in milliseconds; `null` before the first. */
  get roundTripMs(): number | null {
    return this.#roundTripMs;
  }

  /** An attempt ended after `runMs`. */
  observeRun(runMs: number): void {
    this.#runMs = this.#runMs === null ? runMs : this.#runMs + SMOOTHING * (runMs - this.#runMs);
  }

  /** No slot has become free for `stalledMs`: the handlers are slow now, whatever they were before. */
  observeStall(stalledMs: number): void {
    this.#runMs = Math.max(this.#runMs ?? 0, stalledMs);
    this.#target = 0;
  }

  /** An exchange took `roundTripMs`; time to think again. */
  observeRoundTrip(roundTripMs: number): void {
    this.#roundTripMs =
      this.#roundTripMs === null
        ? roundTripMs
        : this.#roundTripMs + SMOOTHING * (roundTripMs - this.#roundTripMs);
    this.#target = prefetchTarget({
      concurrency: this.#concurrency,
      most: this.#most,
      runMs: this.#runMs,
      roundTripMs: this.#roundTripMs,
      before: this.#target,
    });
  }
}

/** @internal The decision, pure. */
export function prefetchTarget(state: {
  readonly concurrency: number;
  readonly most: number;
  readonly runMs: number | null;
  readonly roundTripMs: number;
  readonly before: number;
}): number {
  if (state.runMs === null || state.runMs > SLOW_HANDLER_MS) return 0;
  const roundTripMs = Math.max(state.roundTripMs, SHORTEST_ROUND_TRIP_MS);
  const ideal = (state.concurrency / Math.max(state.runMs, SHORTEST_RUN_MS)) * roundTripMs * 2;
  const grown = Math.max(state.before * 2, state.concurrency * 2);
  return Math.min(Math.ceil(ideal), grown, state.most);
}
