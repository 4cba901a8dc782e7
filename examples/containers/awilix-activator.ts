import type { IHandlerActivator } from "@revojs/core";
import type { AwilixContainer } from "awilix";

/** Handlers from awilix: what is registered as `scoped` lives for one attempt, its `disposer` is called after it. */
export const awilixActivator = (container: AwilixContainer): IHandlerActivator => ({
  createScope() {
    const scope = container.createScope();
    return { resolve: (type) => scope.build(type), [Symbol.asyncDispose]: () => scope.dispose() };
  },
});
