import { AsyncLocalStorage } from "node:async_hooks";

/** What belongs to whoever asked for the work, and follows it through jobs and commands. */
export interface ScopeValues {
  readonly tenant?: string;
  readonly user?: string;
  /** A W3C `traceparent`. */
  readonly trace?: string;
  /** A BCP 47 language tag. */
  readonly culture?: string;
}

const storage = new AsyncLocalStorage<ScopeValues>();

/** Runs `work` with these values: everything enqueued inside carries them, and its handler sees them again. */
export function runInScope<TResult>(values: ScopeValues, work: () => TResult): TResult {
  return storage.run(values, work);
}

/** The values in force here; empty outside any scope. */
export function currentScope(): ScopeValues {
  return storage.getStore() ?? {};
}

/**
 * A function that calls what it is given outside of any scope, whoever calls it: so that a job server woken from within an
 * enqueuer's scope does not run everybody's jobs in it.
 */
export function outsideScopes(): <TResult>(work: () => TResult) => TResult {
  return storage.exit(() => AsyncLocalStorage.snapshot());
}
