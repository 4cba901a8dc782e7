import type { IContextCarrier } from "../context-carrier.ts";
import type { Middleware } from "../middleware.ts";

/** Restores, around a job or command, the context that its headers carry. The first carrier is outermost. */
export function contextCarrier(carriers: readonly IContextCarrier[]): Middleware {
  return (context, next) =>
    carriers.reduceRight<() => Promise<unknown>>(
      (inner, carrier) => () => carrier.run(context.headers, inner),
      next,
    )();
}
