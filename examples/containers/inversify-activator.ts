import type { IHandlerActivator } from "@revojs/core";
import { Container, type ContainerModule } from "inversify";

/** Handlers from inversify: singletons of the module `own` live for one attempt, and are deactivated after it. */
export const inversifyActivator = (parent: Container, own: ContainerModule): IHandlerActivator => ({
  async createScope() {
    const scope = new Container({ parent });
    await scope.loadAsync(own);
    const close = (): Promise<void> => scope.unbindAllAsync();
    return { resolve: (type) => scope.get(type), [Symbol.asyncDispose]: close };
  },
});
