import { currentScope, runInScope, type ScopeValues } from "./execution-scope.ts";

/** The headers of a job. */
export type Headers = Readonly<Record<string, string>>;

/** Takes ambient context along: from where a job is enqueued to where it runs. */
export interface IContextCarrier {
  /** What to send along, as headers whose names begin with a prefix of the carrier's own; `null`: nothing. */
  capture(): Headers | null;
  /** Runs `work` with the context that these headers carry. */
  run<TResult>(headers: Headers, work: () => TResult): TResult;
}

const names = ["tenant", "user", "trace", "culture"] as const;

/** Carries tenant, user, trace and culture of `runInScope` in headers `revo.tenant` and so on. Built in. */
export const scopeCarrier: IContextCarrier = {
  capture(): Headers | null {
    const values = currentScope();
    let headers: Record<string, string> | null = null;
    for (const name of names) {
      const value = values[name];
      if (value !== undefined) (headers ??= {})[`revo.${name}`] = value;
    }
    return headers;
  },

  run<TResult>(headers: Headers, work: () => TResult): TResult {
    const values: { -readonly [Name in keyof ScopeValues]: ScopeValues[Name] } = {};
    for (const name of names) {
      const value = headers[`revo.${name}`];
      if (value !== undefined) values[name] = value;
    }
    return runInScope(values, work);
  },
};

/** What all carriers send along from here, later ones stronger; `null`: nothing. */
export function captureHeaders(carriers: readonly IContextCarrier[]): Headers | null {
  let all: Headers | null = null;
  for (const carrier of carriers) {
    const headers = carrier.capture();
    if (headers !== null) all = all === null ? headers : Object.assign({}, all, headers);
  }
  return all;
}
