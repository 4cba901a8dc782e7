// The Revo framework's weaknesses in the field of jobs, by the numbers of our review of it: each that matters and that these
// parts can reach has a test here, so that none of them comes back.
import { describe, expect, it } from "vitest";
import {
  Command,
  currentScope,
  DeleteJobCommand,
  EnqueueJobCommand,
  ExecuteCommandJob,
  Job,
  ManualClock,
  NonRetryableError,
  RevoConfiguration,
  runInScope,
  ScheduleJobCommand,
  silentLogger,
  type CommandsSection,
  type IJob,
  type IJobHandler,
  type JobContext,
  type JobsSection,
  type Revo,
} from "../src/index.ts";
import { MemoryJobStorage } from "../../memory/src/index.ts";

class SendInvoice implements IJob {
  static readonly type = "send-invoice";
  readonly invoiceId: string;

  constructor(invoiceId = "42") {
    this.invoiceId = invoiceId;
  }
}

class CapturePayment extends Command<{ receipt: string }> {
  static readonly type = "capture-payment";
  readonly orderId: string;

  constructor(orderId = "42") {
    super();
    this.orderId = orderId;
  }
}

interface Kit extends AsyncDisposable {
  readonly revo: Revo;
  readonly clock: ManualClock;
  readonly storage: MemoryJobStorage;
}

async function open(
  configureJobs: (jobs: JobsSection) => void,
  configureCommands: (commands: CommandsSection) => void = () => {},
): Promise<Kit> {
  const clock = new ManualClock();
  const storage = new MemoryJobStorage({ clock });
  const revo = await new RevoConfiguration()
    .useJobs(
      () => storage,
      (jobs) => {
        jobs.server({ signals: false, grace: "1 s", killGrace: "1 s" });
        configureJobs(jobs);
      },
    )
    .useCommands(configureCommands)
    .useClock(clock)
    .useLogger(silentLogger)
    .start();
  const stop = async (): Promise<void> => {
    await Promise.all([revo.stop(), clock.advance(10_000)]);
  };
  return { revo, clock, storage, [Symbol.asyncDispose]: stop };
}

describe("what Revo got wrong", () => {
  it("R3: the memory storage schedules and deletes jobs as every storage does", async () => {
    const ran: string[] = [];
    await using kit = await open((jobs) => {
      jobs.handle(SendInvoice, async ({ invoiceId }) => void ran.push(invoiceId));
    });
    const { scheduler } = kit.revo;
    const kept = await scheduler.scheduleJob(new SendInvoice("kept"), "2027-01-01T01:00:00Z");
    const deleted = await scheduler.scheduleJob(new SendInvoice("no"), "2027-01-01T01:00:00Z");

    expect(await scheduler.deleteJob(deleted)).toBe(true);
    await kit.clock.advance(3_601_000);

    expect(ran).toEqual(["kept"]);
    expect(await scheduler.getJob(kept)).toMatchObject({ state: "succeeded" });
  });

  it("R4: every way in answers a real id", async () => {
    await using kit = await open(
      (jobs) => jobs.handle(SendInvoice, async () => {}),
      (commands) => commands.handle(CapturePayment, () => ({ receipt: "r" })),
    );
    const { scheduler, commands } = kit.revo;

    const ids = [
      (await scheduler.enqueueJob(new SendInvoice())).id,
      (await scheduler.scheduleJob(new SendInvoice(), new Date(0))).id,
      ...(await scheduler.enqueueJobs([new SendInvoice()])).map(({ id }) => id),
      await commands.send(new EnqueueJobCommand(new CapturePayment())),
      await commands.send(new ScheduleJobCommand(new CapturePayment(), new Date(0))),
    ];

    expect(new Set(ids).size).toBe(5);
    for (const id of ids) expect(await scheduler.getJob(id)).toMatchObject({ id });
  });

  it("R5: jobs due at the very same instant all run, and so do those after them", async () => {
    const ran: string[] = [];
    await using kit = await open((jobs) => {
      jobs.handle(SendInvoice, async ({ invoiceId }) => void ran.push(invoiceId));
    });
    const at = new Date("2027-01-01T00:01:00Z");
    const later = new Date("2027-01-01T00:02:00Z");
    for (const id of ["1", "2", "3"]) await kit.revo.scheduler.scheduleJob(new SendInvoice(id), at);
    await kit.revo.scheduler.scheduleJob(new SendInvoice("later"), later);

    await kit.clock.advance(121_000);

    expect(ran.toSorted()).toEqual(["1", "2", "3", "later"]);
    expect(ran.at(-1)).toBe("later");
  });

  it("R6: the delay of a late attempt neither overflows nor loses the job", async () => {
    let attempts = 0;
    await using kit = await open((jobs) => {
      jobs.handle(
        SendInvoice,
        async () => {
          attempts += 1;
          if (attempts < 60) throw new Error("not yet");
        },
        {
          maxAttempts: 100,
          retry: { kind: "exponential", first: "1 s", max: "1 h", jitter: "none" },
        },
      );
    });
    const handle = await kit.revo.scheduler.enqueueJob(new SendInvoice());

    await kit.clock.advance(60 * 3_600_000);

    expect(attempts).toBe(60);
    expect(await kit.revo.scheduler.getJob(handle)).toMatchObject({ state: "succeeded" });
  });

  it("R8: a job that failed for good stays, with its errors, and can be run again", async () => {
    let broken = true;
    await using kit = await open((jobs) => {
      jobs.handle(
        SendInvoice,
        async () => {
          if (broken) throw new RangeError("no paper");
        },
        { maxAttempts: 2, retry: { kind: "fixed", delay: "1 s", jitter: "none" } },
      );
    });
    const { scheduler, monitor } = kit.revo;
    const handle = await scheduler.enqueueJob(new SendInvoice());
    await kit.clock.advance(5_000);
    const failed = await scheduler.getJob(handle);

    broken = false;
    await scheduler.requeueJob(handle);
    await kit.clock.advance(1_000);

    expect(failed).toMatchObject({ state: "failed", reason: "attempts", attempt: 2 });
    expect(failed?.history).toMatchObject([
      { attempt: 1, error: { name: "RangeError", message: "no paper" } },
      { attempt: 2, to: "failed", error: { name: "RangeError", message: "no paper" } },
    ]);
    expect(await monitor.count({ states: ["failed"] })).toMatchObject({ count: 0 });
    expect(await scheduler.getJob(handle)).toMatchObject({ state: "succeeded" });
  });

  it("R9: the handler's signal fires with a reason when its job is deleted", async () => {
    const reasons: unknown[] = [];
    await using kit = await open((jobs) => {
      jobs.handle(SendInvoice, (_, { signal }) => untilAborted(signal, reasons));
    });
    const handle = await kit.revo.scheduler.enqueueJob(new SendInvoice());
    await kit.clock.advance(100);

    await kit.revo.scheduler.deleteJob(handle);
    await kit.clock.advance(100);

    expect(reasons).toMatchObject([{ code: "REVO_JOB_DELETED" }]);
    expect(await kit.revo.scheduler.getJob(handle)).toMatchObject({ state: "deleted" });
  });

  it("R9: a command that a job carries sees the job's signal", async () => {
    const reasons: unknown[] = [];
    await using kit = await open(
      () => {},
      (commands) =>
        commands.handle(CapturePayment, async (_, { signal }) => {
          await untilAborted(signal, reasons);
          return { receipt: "r" };
        }),
    );
    const handle = await kit.revo.scheduler.enqueueJob(new ExecuteCommandJob(new CapturePayment()));
    await kit.clock.advance(100);

    await kit.revo.scheduler.deleteJob(handle);
    await kit.clock.advance(100);

    expect(reasons).toMatchObject([{ code: "REVO_JOB_DELETED" }]);
  });

  it("R10: stop waits for what runs", async () => {
    const ended: string[] = [];
    await using kit = await open((jobs) => {
      jobs.handle(SendInvoice, async ({ invoiceId }) => {
        await new Promise<void>((resolve) => kit.clock.schedule(500, resolve));
        ended.push(invoiceId);
      });
    });
    await kit.revo.scheduler.enqueueJob(new SendInvoice());
    await kit.clock.advance(10);

    await Promise.all([kit.revo.stop(), kit.clock.advance(600)]);

    expect(ended).toEqual(["42"]);
  });

  it("R11: stop does not wait for ever, and puts back what did not end, with its attempt", async () => {
    const reasons: unknown[] = [];
    await using kit = await open((jobs) => {
      jobs.handle(SendInvoice, (_, { signal }) => untilAborted(signal, reasons));
    });
    const handle = await kit.revo.scheduler.enqueueJob(new SendInvoice());
    await kit.clock.advance(10);

    await Promise.all([kit.revo.stop(), kit.clock.advance(5_000)]);

    expect(reasons).toMatchObject([{ code: "REVO_SHUTDOWN" }]);
    await kit.storage.open();
    expect(await kit.storage.monitor.get([handle.id])).toMatchObject([
      { state: "enqueued", attempt: 0 },
    ]);
  });

  it("R12: a transaction that the storage can't honour is refused, not ignored", async () => {
    await using kit = await open((jobs) => jobs.handle(SendInvoice, async () => {}));

    const enqueue = kit.revo.scheduler.enqueueJob(new SendInvoice(), { transaction: {} } as never);

    await expect(enqueue).rejects.toMatchObject({ code: "REVO_CAPABILITY_MISSING" });
    expect(await kit.revo.monitor.count()).toMatchObject({ count: 0 });
  });

  it("R13: a command that is delivered again with its key enqueues nothing again, even after success", async () => {
    const captured: string[] = [];
    await using kit = await open(
      () => {},
      (commands) =>
        commands.handle(CapturePayment, ({ orderId }) => {
          captured.push(orderId);
          return { receipt: "r" };
        }),
    );
    const deliver = (): Promise<string> =>
      kit.revo.commands.send(
        new EnqueueJobCommand(new CapturePayment("7"), { key: "saga:order-7:paid:0" }),
      );

    const first = await deliver();
    const again = await deliver();
    await kit.clock.advance(1_000);
    const afterSuccess = await deliver();
    await kit.clock.advance(1_000);

    expect([again, afterSuccess]).toEqual([first, first]);
    expect(captured).toEqual(["7"]);
  });

  it("R14: a saga cancels a time-out that it scheduled, by its own key", async () => {
    const ran: string[] = [];
    await using kit = await open(
      () => {},
      (commands) =>
        commands.handle(CapturePayment, ({ orderId }) => {
          ran.push(orderId);
          return { receipt: "r" };
        }),
    );
    const { commands, scheduler } = kit.revo;
    const id = await commands.send(
      new ScheduleJobCommand(new CapturePayment(), "2027-01-01T01:00:00Z", { key: "timeout-42" }),
    );

    const cancelled = await commands.send(new DeleteJobCommand({ key: "timeout-42" }));
    await kit.clock.advance(2 * 3_600_000);

    expect(cancelled).toBe(true);
    expect(ran).toEqual([]);
    expect(await scheduler.getJob(id)).toMatchObject({ state: "deleted" });
  });

  it("R15: the one bus takes job commands of whatever they carry", async () => {
    await using kit = await open(
      (jobs) => jobs.handle(SendInvoice, async () => {}),
      (commands) => commands.handle(CapturePayment, () => ({ receipt: "r" })),
    );

    const ids = await Promise.all([
      kit.revo.commands.send(new EnqueueJobCommand(new CapturePayment())),
      kit.revo.commands.send(new EnqueueJobCommand(new SendInvoice())),
    ]);

    const jobs = await Promise.all(ids.map((id) => kit.revo.scheduler.getJob(id)));
    expect(jobs.map((job) => job?.type)).toEqual(["command.capture-payment", "send-invoice"]);
  });

  it("R16: tenant, user, trace and culture follow a command into its job and the jobs it enqueues", async () => {
    const scope = { tenant: "acme", user: "ada", trace: "00-1-1-01", culture: "cs-CZ" };
    const seen: unknown[] = [];
    await using kit = await open(
      (jobs) => jobs.handle(SendInvoice, async () => void seen.push(currentScope())),
      (commands) =>
        commands.handle(CapturePayment, async () => {
          seen.push(currentScope());
          await kit.revo.scheduler.enqueueJob(new SendInvoice());
          return { receipt: "r" };
        }),
    );

    await runInScope(scope, () =>
      kit.revo.commands.send(new EnqueueJobCommand(new CapturePayment())),
    );
    await kit.clock.advance(1_000);

    expect(seen).toEqual([scope, scope]);
  });

  it("R17: a command's jobs have options of their own", async () => {
    let attempts = 0;
    await using kit = await open(
      () => {},
      (commands) =>
        commands.handle(
          CapturePayment,
          () => {
            attempts += 1;
            throw new Error("no funds");
          },
          { maxAttempts: 1 },
        ),
    );

    const id = await kit.revo.commands.send(new EnqueueJobCommand(new CapturePayment()));
    await kit.clock.advance(60_000);

    expect(attempts).toBe(1);
    expect(await kit.revo.scheduler.getJob(id)).toMatchObject({ state: "failed" });
  });

  it("R18: a carried command is shown, found and measured by its own name and fields", async () => {
    await using kit = await open(
      () => {},
      (commands) => commands.handle(CapturePayment, () => ({ receipt: "r" })),
    );

    await kit.revo.commands.send(new EnqueueJobCommand(new CapturePayment("7")));

    const query = { types: ["command.capture-payment"] };
    const found = await kit.revo.monitor.find(query, { detail: "full" });
    expect(found.jobs).toMatchObject([{ payload: { orderId: "7" } }]);
  });

  it("R20: a handler is told its job, attempt, queue and log", async () => {
    const contexts: JobContext[] = [];
    await using kit = await open((jobs) => {
      jobs.handle(SendInvoice, async (_, context) => void contexts.push(context));
    });

    const { id } = await kit.revo.scheduler.enqueueJob(new SendInvoice());
    await kit.clock.advance(100);

    expect(contexts).toMatchObject([{ id, attempt: 1, maxAttempts: 10, queue: "default" }]);
  });

  it("R22: what a handler throws synchronously is what the caller gets, bare", async () => {
    const failure = new NonRetryableError("no funds");
    await using kit = await open(
      () => {},
      (commands) =>
        commands.handle(CapturePayment, () => {
          throw failure;
        }),
    );

    const sent = kit.revo.commands.send(new CapturePayment()).catch((error: unknown) => error);
    const id = await kit.revo.commands.send(new EnqueueJobCommand(new CapturePayment()));
    await kit.clock.advance(1_000);

    expect(await sent).toBe(failure);
    const job = await kit.revo.scheduler.getJob(id);
    expect(job).toMatchObject({ state: "failed", reason: "non-retryable", attempt: 1 });
    expect(job?.error).toMatchObject({ name: "NonRetryableError", message: "no funds" });
  });

  it("R25: two Revos in one process have nothing in common", async () => {
    const ran: string[] = [];
    const openNamed = (name: string): Promise<Kit> =>
      open((jobs) => jobs.handle(SendInvoice, async () => void ran.push(name)));
    await using first = await openNamed("first");
    await using second = await openNamed("second");

    const { id } = await first.revo.scheduler.enqueueJob(new SendInvoice());
    await Promise.all([first.clock.advance(100), second.clock.advance(100)]);

    expect(ran).toEqual(["first"]);
    expect(await second.revo.scheduler.getJob(id)).toBeNull();
  });

  it("R26: each attempt has a handler of its own", async () => {
    const made: object[] = [];
    class SendInvoiceHandler implements IJobHandler<SendInvoice> {
      async handle(): Promise<void> {
        made.push(this);
      }
    }
    await using kit = await open((jobs) => jobs.handle(SendInvoice, SendInvoiceHandler));

    await kit.revo.scheduler.enqueueJobs([new SendInvoice(), new SendInvoice()]);
    await kit.clock.advance(100);

    expect(new Set(made).size).toBe(2);
  });

  it("R30: a command's result is awaited before its job ends", async () => {
    class CountWords extends Job<number> {
      static readonly type = "count-words";
      readonly text = "a b c";
    }
    await using kit = await open((jobs) => {
      jobs.handle(CountWords, async ({ text }) => {
        await new Promise<void>((resolve) => kit.clock.schedule(100, resolve));
        return text.split(" ").length;
      });
    });
    const handle = await kit.revo.scheduler.enqueueJob(new CountWords());

    const [result] = await Promise.all([handle.result(), kit.clock.advance(1_000)]);

    expect(result).toBe(3);
  });

  it("R31: no delay, a delay of zero and a time in the past are one thing: at once", async () => {
    await using kit = await open((jobs) => {
      jobs.handle(SendInvoice, async () => {});
      jobs.producerOnly();
    });
    const { scheduler } = kit.revo;

    const handles = [
      await scheduler.enqueueJob(new SendInvoice()),
      await scheduler.enqueueJob(new SendInvoice(), { delay: 0 }),
      await scheduler.scheduleJob(new SendInvoice(), new Date(0)),
    ];

    const jobs = await Promise.all(handles.map((handle) => scheduler.getJob(handle)));
    expect(jobs.map((job) => job?.state)).toEqual(["enqueued", "enqueued", "enqueued"]);
  });
});

/** Runs until its signal fires, notes the reason and throws it, as a well-behaved handler does. */
function untilAborted(signal: AbortSignal, reasons: unknown[]): Promise<void> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener("abort", () => {
      reasons.push(signal.reason);
      reject(signal.reason as Error);
    });
  });
}
