import { describe, expect, it } from "vitest";
import { DefaultActivator } from "../../src/handlers/default-activator.ts";
import {
  bindHandler,
  checkBinding,
  prepareInvocation,
  type HandlerBinding,
} from "../../src/handlers/handler-binding.ts";
import type { Constructor, IHandlerActivator } from "../../src/handlers/job-handler.ts";
import { refusalOf, thrownBy } from "../job/thrown-by.ts";
import { silentLogger, type ILogger } from "../../src/support/logger.ts";

class Greeter {
  handle(message: { name: string }): Promise<string> {
    return Promise.resolve(`hello ${message.name}`);
  }
}

class NeedsMailer {
  readonly mailer: object;
  constructor(mailer: object) {
    this.mailer = mailer;
  }
  async handle(): Promise<void> {}
}

function handleAsOfOld(): number {
  return 1;
}

const info = { jobId: "1", type: "greet", headers: {} };

async function invoke(
  handler: unknown,
  activator: IHandlerActivator = new DefaultActivator(),
  log: ILogger = silentLogger,
) {
  const call = prepareInvocation(bindHandler(handler, "greet"), activator, () => info);
  return await call({ name: "Ada" }, { log });
}

/** A container that notes what happens to its scopes. */
function aContainer(notes: string[]): IHandlerActivator {
  return {
    createScope: async (scope) => {
      notes.push(`scope for ${scope.jobId}`);
      return {
        resolve: async <T extends object>(handlerClass: Constructor<T>): Promise<T> => {
          notes.push(`make ${handlerClass.name}`);
          return new handlerClass();
        },
        [Symbol.asyncDispose]: async () => {
          notes.push("disposed");
        },
      };
    },
  };
}

describe("bindHandler", () => {
  it.each([
    ["a class", Greeter, "class"],
    ["an instance", new Greeter(), "instance"],
    ["an object with `handle`", { handle: () => {} }, "instance"],
    ["a factory", { create: () => new Greeter() }, "factory"],
    ["an arrow function", () => {}, "function"],
    ["an async function", async () => {}, "function"],
    ["a function of old", handleAsOfOld, "function"],
  ])("knows %s", (_name, handler, kind) => {
    expect(bindHandler(handler, "greet").kind).toBe(kind);
  });

  it.each([undefined, null, 42, "handler", {}, [], { handle: 7 }])(
    "row 6: refuses %o",
    (handler) => {
      expect(refusalOf(() => bindHandler(handler, "handler of greet"))).toBe(
        "REVO_ARGUMENT_INVALID handler of greet",
      );
    },
  );

  it("refuses a class without `handle` by name", () => {
    class Forgetful {
      readonly handles = false;
    }

    expect(() => bindHandler(Forgetful, "greet")).toThrow(
      /to have a method `handle`, got Forgetful/,
    );
  });
});

describe("checkBinding", () => {
  it("finds a class that takes constructor arguments where no container is connected", () => {
    const binding = bindHandler(NeedsMailer, "mail");

    const error = thrownBy(() => checkBinding(binding, new DefaultActivator(), "mail"));

    expect(error.code).toBe("REVO_HANDLER_NEEDS_CONTAINER");
    expect(error.message).toContain('NeedsMailer, the handler of "mail"');
  });

  it("trusts a container that does not tell what it can make", () => {
    const container: IHandlerActivator = { createScope: () => ({ resolve: (made) => new made() }) };

    expect(() => checkBinding(bindHandler(NeedsMailer, "mail"), container, "mail")).not.toThrow();
  });

  it("asks nothing about instances, factories and functions", () => {
    const never: IHandlerActivator = {
      createScope: () => {
        throw new Error("not asked");
      },
      canResolve: () => false,
    };
    const bindings: readonly HandlerBinding[] = [
      bindHandler(new Greeter(), "a"),
      bindHandler({ create: () => new Greeter() }, "b"),
      bindHandler(() => {}, "c"),
    ];

    expect(() => bindings.forEach((binding) => checkBinding(binding, never, "x"))).not.toThrow();
  });
});

describe("prepareInvocation", () => {
  it.each([
    ["a function", (message: { name: string }) => `hello ${message.name}`],
    ["an instance", new Greeter()],
    ["a factory", { create: async () => new Greeter() }],
    ["a class", Greeter],
  ])("calls %s with the message", async (_name, handler) => {
    expect(await invoke(handler)).toBe("hello Ada");
  });

  it("keeps an instance's `this`", async () => {
    const handler = {
      greeting: "servus",
      handle(message: { name: string }) {
        return `${this.greeting} ${message.name}`;
      },
    };

    expect(await invoke(handler)).toBe("servus Ada");
  });

  it("makes one scope for a class, and disposes it after the handler has ended", async () => {
    const notes: string[] = [];
    class Noting {
      async handle(): Promise<void> {
        await Promise.resolve();
        notes.push("handled");
      }
    }

    await invoke(Noting, aContainer(notes));

    expect(notes).toEqual(["scope for 1", "make Noting", "handled", "disposed"]);
  });

  it("disposes the scope when the handler throws, and when it cannot be made", async () => {
    const notes: string[] = [];
    class Failing {
      async handle(): Promise<void> {
        throw new Error("failing");
      }
    }
    class Unmakable {
      constructor() {
        throw new Error("unmakable");
      }
      handle(): void {}
    }

    await expect(invoke(Failing, aContainer(notes))).rejects.toThrow("failing");
    await expect(invoke(Unmakable, aContainer(notes))).rejects.toThrow("unmakable");

    expect(notes.filter((note) => note === "disposed")).toHaveLength(2);
  });

  it("keeps what the handler did when the scope cannot be disposed, and logs that", async () => {
    const lines: unknown[] = [];
    const container: IHandlerActivator = {
      createScope: () => ({
        resolve: (handlerClass) => new handlerClass(),
        [Symbol.asyncDispose]: () => Promise.reject(new Error("cannot clean up")),
      }),
    };
    const log = { ...silentLogger, error: (message: string) => lines.push(message) };

    const result = await invoke(Greeter, container, log);

    expect(result).toBe("hello Ada");
    expect(lines).toEqual(["the scope of a handler could not be disposed"]);
  });

  it("makes no scope for functions and instances", async () => {
    const notes: string[] = [];

    await invoke(() => {}, aContainer(notes));
    await invoke(new Greeter(), aContainer(notes));

    expect(notes).toEqual([]);
  });
});
