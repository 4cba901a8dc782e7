import { describe, expect, it } from "vitest";
import { CommandBus } from "../../src/commands/command-bus.ts";
import { commandJobTypes } from "../../src/commands/command-job-type.ts";
import { CommandRegistry } from "../../src/commands/command-registry.ts";
import { Command, type ICommand } from "../../src/commands/command.ts";
import { ExecuteCommandJob } from "../../src/commands/execute-command-job.ts";
import { registerJobCommands } from "../../src/commands/job-command-handlers.ts";
import {
  DeleteJobCommand,
  EnqueueJobCommand,
  ScheduleJobCommand,
} from "../../src/commands/job-commands.ts";
import { DefaultActivator } from "../../src/handlers/default-activator.ts";
import type { JobContext } from "../../src/handlers/job-context.ts";
import { prepareInvocation } from "../../src/handlers/handler-binding.ts";
import type { CommandContext } from "../../src/handlers/middleware.ts";
import type { JobTypeOptions } from "../../src/job/job-options.ts";
import type { StandardSchemaV1 } from "../../src/job/standard-schema.ts";
import { silentLogger } from "../../src/support/logger.ts";
import { openScheduler, SendInvoice, type SchedulerKit } from "../scheduler/scheduler-kit.ts";

class CapturePayment extends Command<{ receipt: string }> {
  static readonly type = "capture-payment";
  readonly orderId: string;

  constructor(orderId = "42") {
    super();
    this.orderId = orderId;
  }

  get label(): string {
    return `payment of ${this.orderId}`;
  }
}

class ArchiveOrder implements ICommand {
  static readonly type = "archive-order";
  static readonly version = 3;
  static readonly schema: StandardSchemaV1 = {
    "~standard": { version: 1, vendor: "test", validate: (value) => ({ value }) },
  };
  static upgrade(payload: unknown): unknown {
    return payload;
  }
  readonly orderId = "42";
}

interface CommandsKit extends SchedulerKit {
  readonly bus: CommandBus;
  readonly contexts: CommandContext[];
}

async function openCommands(jobOptions: JobTypeOptions = {}): Promise<CommandsKit> {
  const kit = await openScheduler();
  const commands = new CommandRegistry();
  const bus = new CommandBus({
    registry: commands,
    middleware: [],
    activator: new DefaultActivator(),
    log: silentLogger,
    captureHeaders: () => null,
    isClosed: () => false,
  });
  const contexts: CommandContext[] = [];
  commands.handle(
    CapturePayment,
    (command, context) => {
      contexts.push(context);
      return { receipt: command.label };
    },
    jobOptions,
  );
  commands.handle(ArchiveOrder, () => {});
  registerJobCommands(commands, kit.scheduler);
  for (const type of commandJobTypes(commands, bus)) kit.registry.add(type);
  return { ...kit, bus, contexts };
}

describe("EnqueueJobCommand", () => {
  it("puts a command into a job under the command's own name and fields, and answers the job's id", async () => {
    await using kit = await openCommands();

    const id = await kit.bus.send(new EnqueueJobCommand(new CapturePayment("7")));

    expect(await kit.scheduler.getJob(id)).toMatchObject({
      type: "command.capture-payment",
      payload: { orderId: "7" },
      state: "enqueued",
    });
  });

  it("takes a plain job, a command that only implements the interface, and a carried command alike", async () => {
    await using kit = await openCommands();

    const ids = [
      await kit.bus.send(new EnqueueJobCommand(new SendInvoice())),
      await kit.bus.send(new EnqueueJobCommand(new ArchiveOrder())),
      await kit.bus.send(new EnqueueJobCommand(new ExecuteCommandJob(new CapturePayment()))),
    ];

    const jobs = await Promise.all(ids.map((id) => kit.scheduler.getJob(id)));
    expect(jobs.map((job) => job?.type)).toEqual([
      "send-invoice",
      "command.archive-order",
      "command.capture-payment",
    ]);
  });

  it("passes the options on", async () => {
    await using kit = await openCommands();
    const options = { delay: "5 min", queue: "mail", priority: 1 } as const;

    const id = await kit.bus.send(new EnqueueJobCommand(new CapturePayment(), options));

    expect(await kit.scheduler.getJob(id)).toMatchObject({
      state: "scheduled",
      queue: "mail",
      priority: 1,
    });
  });

  it("stores one job per key however often it is sent, also after the job has succeeded", async () => {
    await using kit = await openCommands();
    const command = new EnqueueJobCommand(new CapturePayment(), { key: "capture-42" });

    const first = await kit.bus.send(command);
    const second = await kit.bus.send(command);
    await kit.succeed();
    const third = await kit.bus.send(command);

    expect([second, third]).toEqual([first, first]);
    expect(await kit.claim(10)).toEqual([]);
  });

  it("refuses a key beside a unique key", async () => {
    await using kit = await openCommands();
    const command = new EnqueueJobCommand(new CapturePayment(), { key: "a", uniqueKey: "b" });

    const sent = kit.bus.send(command);

    await expect(sent).rejects.toMatchObject({ code: "REVO_ARGUMENT_INVALID", path: "key" });
    expect(kit.calls).toEqual([]);
  });

  it("tells a mistyped key from an option of something else", async () => {
    await using kit = await openCommands();
    const options = { kye: "capture-42" } as object;

    const sent = [
      kit.bus.send(new EnqueueJobCommand(new CapturePayment(), options)),
      kit.bus.send(new ScheduleJobCommand(new CapturePayment(), new Date(0), options)),
    ];

    for (const one of sent) {
      await expect(one).rejects.toMatchObject({
        code: "REVO_OPTION_UNKNOWN",
        message: "Unknown option `kye`: did you mean `key`?",
      });
    }
    expect(kit.calls).toEqual([]);
  });

  it.each([undefined, null, "send-invoice"])("refuses %o as a job", async (job) => {
    await using kit = await openCommands();

    const sent = kit.bus.send(new EnqueueJobCommand(job as never));

    await expect(sent).rejects.toMatchObject({ code: "REVO_ARGUMENT_INVALID", path: "job" });
  });

  it("says which command has no handler", async () => {
    class Unknown extends Command {
      static readonly type = "unknown";
    }
    await using kit = await openCommands();

    const sent = kit.bus.send(new EnqueueJobCommand(new Unknown()));

    await expect(sent).rejects.toMatchObject({
      code: "REVO_HANDLER_NOT_FOUND",
      message: expect.stringContaining('the command "unknown"') as string,
    });
  });
});

describe("ScheduleJobCommand and DeleteJobCommand", () => {
  it("schedule a command for an instant and delete it by its key", async () => {
    await using kit = await openCommands();
    const id = await kit.bus.send(
      new ScheduleJobCommand(new CapturePayment(), "2027-01-01T08:00:00Z", { key: "remind-42" }),
    );
    const scheduled = await kit.scheduler.getJob(id);

    const deleted = await kit.bus.send(new DeleteJobCommand({ key: "remind-42" }));
    const again = await kit.bus.send(new DeleteJobCommand({ key: "remind-42" }));

    expect(scheduled).toMatchObject({
      state: "scheduled",
      dueAt: new Date("2027-01-01T08:00:00Z"),
    });
    expect([deleted, again]).toEqual([true, false]);
    expect(await kit.scheduler.getJob(id)).toMatchObject({ state: "deleted" });
  });

  it("do not take a forgotten time for now", async () => {
    await using kit = await openCommands();

    const sent = kit.bus.send(new ScheduleJobCommand(new SendInvoice(), undefined as never));

    await expect(sent).rejects.toMatchObject({ code: "REVO_TIME_INVALID", path: "at" });
    expect(kit.calls).toEqual([]);
  });

  it("delete by id", async () => {
    await using kit = await openCommands();
    const id = await kit.bus.send(new EnqueueJobCommand(new SendInvoice()));

    const deleted = await kit.bus.send(new DeleteJobCommand(id));

    expect(deleted).toBe(true);
  });

  it("are not themselves put into jobs", async () => {
    await using kit = await openCommands();

    const types = kit.registry.all().map(({ name }) => name);

    expect(types).toEqual([
      "send-invoice",
      "resize-image",
      "command.capture-payment",
      "command.archive-order",
    ]);
  });
});

describe("a job that carries a command", () => {
  it("sends the restored command through the bus with the job's signal, headers and log", async () => {
    await using kit = await openCommands();
    await kit.scheduler.enqueueJob(new ExecuteCommandJob(new CapturePayment("7")));
    const [claimed] = await kit.claim();
    const type = kit.registry.find(claimed!.type)!;
    const controller = new AbortController();
    const context = {
      id: claimed!.id,
      kind: "job",
      type: type.name,
      headers: { tenant: "acme" },
      signal: controller.signal,
      log: { ...silentLogger },
    } as unknown as JobContext;
    const scope = { jobId: claimed!.id, type: type.name, headers: {} };
    const run = prepareInvocation(type.handler!, new DefaultActivator(), () => scope);

    const result = await run(type.restore(JSON.parse(claimed!.payload)), context);

    expect(result).toEqual({ receipt: "payment of 7" });
    expect(kit.contexts).toMatchObject([
      { kind: "command", type: "capture-payment", headers: { tenant: "acme" }, job: context },
    ]);
    expect(kit.contexts[0]?.log).toBe(context.log);
    expect(kit.contexts[0]?.message).toBeInstanceOf(CapturePayment);
  });

  it("has the options, version, schema and upgrade that the command was registered with", async () => {
    await using kit = await openCommands({ queue: "payments", maxAttempts: 2 });

    const capture = kit.registry.find("command.capture-payment");
    const archive = kit.registry.find("command.archive-order");

    expect(capture?.options).toMatchObject({ queue: "payments", maxAttempts: 2 });
    expect(archive).toMatchObject({ version: 3, schema: ArchiveOrder.schema });
    expect(archive?.upgrade?.({ a: 1 }, 2)).toEqual({ a: 1 });
  });

  it("gives its result to who waits for it", async () => {
    await using kit = await openCommands();
    const handle = await kit.scheduler.enqueueJob(new ExecuteCommandJob(new CapturePayment("7")));
    const result = handle.result();

    await kit.succeed({ receipt: "r" });

    const { receipt } = await result;
    expect(receipt).toBe("r");
  });
});

describe("a command that is declared only", () => {
  it("is carried by a job for another process, and refused by the bus of this one", async () => {
    await using kit = await openScheduler();
    const commands = new CommandRegistry();
    commands.declare(CapturePayment);
    const bus = new CommandBus({
      registry: commands,
      middleware: [],
      activator: new DefaultActivator(),
      log: silentLogger,
      captureHeaders: () => null,
      isClosed: () => false,
    });
    for (const type of commandJobTypes(commands, bus)) kit.registry.add(type);
    registerJobCommands(commands, kit.scheduler);

    const id = await bus.send(new EnqueueJobCommand(new CapturePayment("7")));
    const refused = bus.send(new CapturePayment("7"));

    const [record] = await kit.storage.monitor.get([id]);
    expect(record).toMatchObject({ type: "command.capture-payment", state: "enqueued" });
    await expect(refused).rejects.toMatchObject({ code: "REVO_HANDLER_NOT_FOUND" });
  });
});
