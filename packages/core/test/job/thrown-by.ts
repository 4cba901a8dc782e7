import { RevoArgumentError, RevoError } from "../../src/errors.ts";

/** The error of this project that `act` throws. */
export function thrownBy(act: () => unknown): RevoError | RevoArgumentError {
  let answer: unknown;
  try {
    answer = act();
  } catch (error) {
    if (error instanceof RevoError || error instanceof RevoArgumentError) {
      return error;
    }
    throw error;
  }
  throw new Error(`Nothing was thrown, the answer is ${String(answer)}`);
}

/** Code and path of the error that `act` throws, as `CODE path`. */
export function refusalOf(act: () => unknown): string {
  const error = thrownBy(act);
  return error instanceof RevoArgumentError ? `${error.code} ${error.path}`.trimEnd() : error.code;
}
