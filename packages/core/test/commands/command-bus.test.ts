import { getEventListeners } from "node:events";
import { describe, expect, it } from "vitest";
import { CommandBus, type CommandBusParts } from "../../src/commands/command-bus.ts";
import type { ICommandHandler } from "../../src/commands/command-handler.ts";
import { CommandRegistry } from "../../src/commands/command-registry.ts";
import { Command, type ICommand } from "../../src/commands/command.ts";
import { DefaultActivator } from "../../src/handlers/default-activator.ts";
import type { CommandContext, Middleware } from "../../src/handlers/middleware.ts";
import { timeout } from "../../src/handlers/middleware/timeout.ts";
import { ManualClock } from "../../src/support/manual-clock.ts";
import { silentLogger } from "../../src/support/logger.ts";

class CapturePayment extends Command<{ receipt: string }> {
  static readonly type = "capture-payment";
  readonly orderId: string;

  constructor(orderId = "42") {
    super();
    this.orderId = orderId;
  }
}

class ArchiveOrder implements ICommand {
  static readonly type = "archive-order";
  readonly orderId = "42";
}

function openBus(parts: Partial<CommandBusParts> = {}): {
  registry: CommandRegistry;
  bus: CommandBus;
} {
  const registry = new CommandRegistry();
  const bus = new CommandBus({
    registry,
    middleware: [],
    activator: new DefaultActivator(),
    log: silentLogger,
    captureHeaders: () => null,
    isClosed: () => false,
    ...parts,
  });
  return { registry, bus };
}

describe("the command bus", () => {
  it("runs the command's handler and gives back what it returned", async () => {
    const { registry, bus } = openBus();
    registry.handle(CapturePayment, async ({ orderId }) => ({ receipt: `r-${orderId}` }));

    const { receipt } = await bus.send(new CapturePayment("7"));

    expect(receipt).toBe("r-7");
  });

  it("takes a class, an instance, a factory or a function as handler", async () => {
    class CapturePaymentHandler implements ICommandHandler<CapturePayment> {
      async handle(command: CapturePayment): Promise<{ receipt: string }> {
        return { receipt: command.orderId };
      }
    }
    const handlers = [
      CapturePaymentHandler,
      new CapturePaymentHandler(),
      { create: () => new CapturePaymentHandler() },
      (command: CapturePayment) => ({ receipt: command.orderId }),
    ];

    const receipts = await Promise.all(
      handlers.map(async (handler) => {
        const { registry, bus } = openBus();
        registry.handle(CapturePayment, handler);
        return await bus.send(new CapturePayment());
      }),
    );

    expect(receipts.map(({ receipt }) => receipt)).toEqual(Array(4).fill("42"));
  });

  it("gives the handler the command, its type, headers, signal and log", async () => {
    const { registry, bus } = openBus({ captureHeaders: () => ({ tenant: "acme", trace: "a" }) });
    const contexts: CommandContext[] = [];
    registry.handle(ArchiveOrder, (_, context) => void contexts.push(context));
    const command = new ArchiveOrder();

    await bus.send(command, { headers: { trace: "b" } });

    expect(contexts).toHaveLength(1);
    expect(contexts[0]).toMatchObject({
      kind: "command",
      type: "archive-order",
      message: command,
      headers: { tenant: "acme", trace: "b" },
      log: silentLogger,
    });
    expect(contexts[0]?.signal.aborted).toBe(false);
    expect(contexts[0]).not.toHaveProperty("job");
  });

  it("fires the handler's signal with the caller's, and its reason", async () => {
    const { registry, bus } = openBus();
    registry.handle(ArchiveOrder, (_, { signal }) => {
      return new Promise((_resolve, reject) => {
        signal.addEventListener("abort", () => reject(signal.reason as Error));
      });
    });
    const controller = new AbortController();
    const sent = bus.send(new ArchiveOrder(), { signal: controller.signal });

    controller.abort(new Error("enough"));

    await expect(sent).rejects.toThrow("enough");
  });

  it("leaves nothing on the caller's signal", async () => {
    const { registry, bus } = openBus();
    registry.handle(ArchiveOrder, () => {});
    const { signal } = new AbortController();

    await bus.send(new ArchiveOrder(), { signal });

    expect(getEventListeners(signal, "abort")).toEqual([]);
  });

  it("starts with a fired signal when the caller's had fired before", async () => {
    const { registry, bus } = openBus();
    registry.handle(ArchiveOrder, (_, { signal }) => signal.throwIfAborted());

    const sent = bus.send(new ArchiveOrder(), { signal: AbortSignal.abort(new Error("too late")) });

    await expect(sent).rejects.toThrow("too late");
  });

  it("runs the middleware around the handler, first one outermost, and waits for it", async () => {
    const steps: string[] = [];
    const step =
      (name: string): Middleware =>
      async (context, next) => {
        steps.push(`${name} before ${context.kind}`);
        const result = await next();
        await Promise.resolve();
        steps.push(`${name} after`);
        return result;
      };
    const { registry, bus } = openBus({ middleware: [step("one"), step("two")] });
    registry.handle(CapturePayment, () => {
      steps.push("handler");
      return { receipt: "r" };
    });

    await bus.send(new CapturePayment());

    expect(steps).toEqual([
      "one before command",
      "two before command",
      "handler",
      "two after",
      "one after",
    ]);
  });

  it("lets the time-out middleware fire the command's signal", async () => {
    const clock = new ManualClock();
    const { registry, bus } = openBus({ middleware: [timeout("1 s", { clock })] });
    registry.handle(ArchiveOrder, (_, { signal }) => {
      return new Promise((_resolve, reject) => {
        signal.addEventListener("abort", () => reject(signal.reason as Error));
      });
    });

    const [sent] = await Promise.all([
      Promise.allSettled([bus.send(new ArchiveOrder())]),
      clock.advance(1_000),
    ]);

    expect(sent).toMatchObject([{ reason: { code: "REVO_TIMEOUT" } }]);
  });

  it("throws what the handler throws as it is, synchronously thrown or not", async () => {
    const { registry, bus } = openBus();
    const failure = new RangeError("no funds");
    registry.handle(CapturePayment, () => {
      throw failure;
    });
    registry.handle(ArchiveOrder, () => Promise.reject(failure));

    const first = bus.send(new CapturePayment()).catch((error: unknown) => error);
    const second = bus.send(new ArchiveOrder()).catch((error: unknown) => error);

    expect(await first).toBe(failure);
    expect(await second).toBe(failure);
  });

  it("disposes the handler's scope only after its promise has settled", async () => {
    const steps: string[] = [];
    const { registry, bus } = openBus({
      activator: {
        createScope: () => ({
          resolve: (HandlerClass) => new HandlerClass(),
          [Symbol.asyncDispose]: () => void steps.push("disposed"),
        }),
      },
    });
    registry.handle(
      ArchiveOrder,
      class {
        async handle(): Promise<void> {
          await new Promise((resolve) => setImmediate(resolve));
          steps.push("handled");
        }
      },
    );

    await bus.send(new ArchiveOrder());

    expect(steps).toEqual(["handled", "disposed"]);
  });

  it("names the command and the remedy when it has no handler", async () => {
    const { bus } = openBus();

    const sent = bus.send(new CapturePayment());

    await expect(sent).rejects.toMatchObject({
      code: "REVO_HANDLER_NOT_FOUND",
      message: expect.stringMatching(/"capture-payment".*commands\.handle/) as string,
    });
  });

  it("refuses a second handler for a command", () => {
    const { registry } = openBus();
    registry.handle(CapturePayment, () => ({ receipt: "r" }));

    const again = (): void => registry.handle(CapturePayment, () => ({ receipt: "r" }));

    expect(again).toThrow(expect.objectContaining({ code: "REVO_HANDLER_DUPLICATE" }));
  });

  it.each([
    ["undefined", undefined, "REVO_ARGUMENT_INVALID"],
    ["a text", "capture-payment", "REVO_ARGUMENT_INVALID"],
    ["a plain object", {}, "REVO_NAME_INVALID"],
    ["an instance of another class of the same name", newImpostor(), "REVO_ARGUMENT_INVALID"],
  ])("refuses %s", async (_what, command, code) => {
    const { registry, bus } = openBus();
    registry.handle(CapturePayment, () => ({ receipt: "r" }));

    const sent = bus.send(command as object);

    await expect(sent).rejects.toMatchObject({ code });
  });

  it.each([
    [{ signal: {} }, "signal"],
    [{ headers: { tenant: 5 } }, "headers.tenant"],
    [new Map(), "options"],
  ])("refuses the options %o before the handler runs", async (options, path) => {
    const { registry, bus } = openBus();
    let runs = 0;
    registry.handle(CapturePayment, () => ({ receipt: `r${runs++}` }));

    const sent = bus.send(new CapturePayment(), options as never);

    await expect(sent).rejects.toMatchObject({ code: "REVO_ARGUMENT_INVALID", path });
    expect(runs).toBe(0);
  });

  it.each([
    ["no class", undefined, "REVO_ARGUMENT_INVALID"],
    [
      "no name",
      class {
        readonly id = 1;
      },
      "REVO_NAME_INVALID",
    ],
    ["a name too long for its jobs", named("x".repeat(125)), "REVO_NAME_INVALID"],
  ])("refuses to register a handler for %s", (_what, command, code) => {
    const { registry } = openBus();

    const register = (): void => registry.handle(command as never, () => {});

    expect(register).toThrow(expect.objectContaining({ code }));
  });

  it("throws REVO_CLOSED after stop", async () => {
    const { registry, bus } = openBus({ isClosed: () => true });
    registry.handle(ArchiveOrder, () => {});

    await expect(bus.send(new ArchiveOrder())).rejects.toMatchObject({ code: "REVO_CLOSED" });
  });
});

function named(type: string): object {
  return Object.assign(
    class {
      readonly id = 1;
    },
    { type },
  );
}

function newImpostor(): object {
  class Impostor {
    static readonly type = "capture-payment";
    readonly orderId = "1";
  }
  return new Impostor();
}
