import { RevoError } from "../errors.ts";
import type { Endpoint, ExecutionContext, Middleware } from "./middleware.ts";

/**
 * Puts middleware around an endpoint, first one outermost. Without middleware the endpoint itself comes back, so that the
 * commonest pipeline costs nothing.
 */
export function compose<TContext extends ExecutionContext>(
  middleware: readonly Middleware[],
  endpoint: Endpoint<TContext>,
): Endpoint<TContext> {
  return middleware.reduceRight<Endpoint<TContext>>(
    (inner, outer) => (context) => {
      let called = false;
      return outer(context, async () => {
        if (called) {
          throw new RevoError("REVO_INTERNAL", "A middleware called `next` more than once");
        }
        called = true;
        return await inner(context);
      });
    },
    endpoint,
  );
}
