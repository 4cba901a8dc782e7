import type { IHandlerActivator } from "@revojs/core";
import type { DependencyContainer } from "tsyringe";

/** Handlers from tsyringe: what is `ContainerScoped` lives for one attempt, and is disposed after it. */
export const tsyringeActivator = (container: DependencyContainer): IHandlerActivator => ({
  canResolve: (type) => container.isRegistered(type, true),
  createScope() {
    const scope = container.createChildContainer();
    return { resolve: (type) => scope.resolve(type), [Symbol.asyncDispose]: () => scope.dispose() };
  },
});
