import { type Container, InjectionToken, type Provider } from "@needle-di/core";
import type { IHandlerActivator } from "@revojs/core";

type Providers = readonly Provider<unknown>[];

/** What is to be disposed after the attempt goes into this stack, for needle-di itself disposes nothing. */
export const Cleanup = new InjectionToken<AsyncDisposableStack>("Cleanup");

/** Handlers from needle-di: what the `scoped` providers make lives for one attempt. */
export const needleActivator = (parent: Container, scoped: Providers): IHandlerActivator => ({
  createScope() {
    const cleanup = new AsyncDisposableStack();
    const close = (): Promise<void> => cleanup.disposeAsync();
    const scope = parent.createChild().bindAll(...scoped, { provide: Cleanup, useValue: cleanup });
    return { resolve: (type) => scope.get(type), [Symbol.asyncDispose]: close };
  },
});
