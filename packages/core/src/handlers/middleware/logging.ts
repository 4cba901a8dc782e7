import { assertKnownKeys, ownOptions } from "../../job/option-keys.ts";
import { SystemClock, type IClock } from "../../support/clock.ts";
import type { Middleware } from "../middleware.ts";

/**
 * Writes a line when a job or command begins and one when it ends, at `debug`; a failure at `warn`. Never the payload.
 * @throws `REVO_OPTION_UNKNOWN`.
 */
export function logging(options: { readonly clock?: IClock } = {}): Middleware {
  assertKnownKeys(options, ["clock"], "");
  const { clock = new SystemClock() } = ownOptions(options);
  return async (context, next) => {
    const fields = { kind: context.kind, type: context.type };
    context.log.debug("started", fields);
    const startedMs = clock.monotonicMs();
    const durationMs = (): number => Math.round(clock.monotonicMs() - startedMs);
    try {
      const result = await next();
      context.log.debug("ended", { ...fields, durationMs: durationMs() });
      return result;
    } catch (error) {
      context.log.warn("failed", { ...fields, durationMs: durationMs(), error });
      throw error;
    }
  };
}
