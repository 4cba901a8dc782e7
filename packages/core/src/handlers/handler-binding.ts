import { RevoArgumentError, RevoError } from "../errors.ts";
import { argumentError } from "../job/argument-error.ts";
import type { ILogger } from "../support/logger.ts";
import type {
  Constructor,
  HandlerFactory,
  IHandlerActivator,
  IHandlerScope,
  ScopeInfo,
} from "./job-handler.ts";

/** Anything with `handle`: of jobs and of commands alike. */
export interface AnyHandler {
  handle(message: never, context: never): unknown;
}

/** How a handler was registered. */
export type HandlerBinding =
  | { readonly kind: "function"; readonly handle: (message: never, context: never) => unknown }
  | { readonly kind: "instance"; readonly handler: AnyHandler }
  | { readonly kind: "factory"; readonly factory: HandlerFactory<AnyHandler> }
  | { readonly kind: "class"; readonly handlerClass: Constructor<AnyHandler> };

/** Calls the handler of one binding, in a scope of its own where the binding needs one. */
export type HandlerInvocation<TContext> = (message: unknown, context: TContext) => unknown;

/**
 * Tells class, instance, factory and function apart.
 * @throws `REVO_ARGUMENT_INVALID` for anything else.
 */
export function bindHandler(handler: unknown, path: string): HandlerBinding {
  if (typeof handler === "function") {
    const prototype: unknown = handler.prototype;
    if (hasMethod(prototype, "handle")) {
      return { kind: "class", handlerClass: handler as Constructor<AnyHandler> };
    }
    if (/^class\b/.test(Function.prototype.toString.call(handler))) {
      throw new RevoArgumentError(
        "REVO_ARGUMENT_INVALID",
        `Expected the handler class at \`${path}\` to have a method \`handle\`, got ${handler.name || "a class without one"}`,
        path,
      );
    }
    return { kind: "function", handle: handler as (message: never, context: never) => unknown };
  }
  if (hasMethod(handler, "handle")) return { kind: "instance", handler: handler as AnyHandler };
  if (hasMethod(handler, "create")) {
    return { kind: "factory", factory: handler as HandlerFactory<AnyHandler> };
  }
  throw argumentError(
    "REVO_ARGUMENT_INVALID",
    path,
    "to be a class or object with `handle`, an object with `create`, or a function",
    handler,
  );
}

/**
 * Checks at start what can be checked without running anything.
 * @throws `REVO_HANDLER_NEEDS_CONTAINER`.
 */
export function checkBinding(
  binding: HandlerBinding,
  activator: IHandlerActivator,
  type: string,
): void {
  if (binding.kind !== "class") return;
  if (activator.canResolve?.(binding.handlerClass) !== false) return;
  const name = binding.handlerClass.name || "The handler class";
  throw new RevoError(
    "REVO_HANDLER_NEEDS_CONTAINER",
    `${name}, the handler of "${type}", cannot be made: it takes ${binding.handlerClass.length} constructor argument(s). Register an instance or a factory, or let a container make it: connect one with useActivator(), and register the class there`,
  );
}

/**
 * Prepares the call once, so that an attempt does no lookup.
 * @param scopeOf What the container is told; asked only where the binding needs a scope.
 */
export function prepareInvocation<TContext extends { readonly log: ILogger }>(
  binding: HandlerBinding,
  activator: IHandlerActivator,
  scopeOf: (context: TContext) => ScopeInfo,
): HandlerInvocation<TContext> {
  switch (binding.kind) {
    case "function": {
      const handle = binding.handle;
      return (message, context) => handle(message as never, context as never);
    }
    case "instance": {
      const handler = binding.handler;
      return (message, context) => handler.handle(message as never, context as never);
    }
    case "factory": {
      const factory = binding.factory;
      return (message, context) =>
        inScope(activator, { info: scopeOf(context), log: context.log }, async (scope) => {
          const handler = await factory.create(scope);
          return await handler.handle(message as never, context as never);
        });
    }
    case "class": {
      const handlerClass = binding.handlerClass;
      return (message, context) =>
        inScope(activator, { info: scopeOf(context), log: context.log }, async (scope) => {
          const handler = await scope.resolve(handlerClass);
          return await handler.handle(message as never, context as never);
        });
    }
  }
}

async function inScope(
  activator: IHandlerActivator,
  { info, log }: { readonly info: ScopeInfo; readonly log: ILogger },
  use: (scope: IHandlerScope) => Promise<unknown>,
): Promise<unknown> {
  const scope = await activator.createScope(info);
  try {
    return await use(scope);
  } finally {
    await dispose(scope, log);
  }
}

/** The work is done or has failed by now: a container that cannot clean up must not have it done again. */
async function dispose(scope: IHandlerScope, log: ILogger): Promise<void> {
  try {
    await scope[Symbol.asyncDispose]?.();
  } catch (error) {
    log.error("the scope of a handler could not be disposed", { error });
  }
}

function hasMethod(value: unknown, name: string): boolean {
  return (
    typeof value === "object" &&
    value !== null &&
    typeof (value as Record<string, unknown>)[name] === "function"
  );
}
