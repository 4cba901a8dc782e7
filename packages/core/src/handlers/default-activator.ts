import type { Constructor, IHandlerActivator, IHandlerScope } from "./job-handler.ts";

const scope: IHandlerScope = {
  resolve<T extends object>(handlerClass: Constructor<T>): T {
    return new handlerClass();
  },
};

/** Makes classes whose constructor takes no argument. What is used when no container is connected. */
export class DefaultActivator implements IHandlerActivator {
  createScope(): IHandlerScope {
    return scope;
  }

  canResolve(handlerClass: Constructor<object>): boolean {
    return handlerClass.length === 0;
  }
}
