import { describe, expect, it } from "vitest";
import { Command } from "../../src/commands/command.ts";
import type { JobsSection } from "../../src/configuration/jobs-section.ts";
import { RevoConfiguration } from "../../src/configuration/revo-configuration.ts";
import type { Revo } from "../../src/configuration/revo.ts";
import type { IConfigurationSection } from "../../src/configuration/section.ts";
import { RevoError } from "../../src/errors.ts";
import { defineJob, job } from "../../src/handlers/define-job.ts";
import type { IJob } from "../../src/job/job.ts";
import type { IJobStorage } from "../../src/storage/job-storage.ts";
import type { ILogger } from "../../src/support/logger.ts";
import { silentLogger } from "../../src/support/logger.ts";
import { MemoryJobStorage } from "../../../memory/src/index.ts";

class SendInvoice implements IJob {
  static readonly type = "send-invoice";
  readonly invoiceId = "42";
}

class Unhandling {
  readonly handles = false;
}

class NeedsMailer {
  readonly mailer: object;
  constructor(mailer: object) {
    this.mailer = mailer;
  }
  async handle(): Promise<void> {}
}

/** A storage that notes when it is opened and closed. */
function noting(notes: string[], name = "storage"): MemoryJobStorage {
  const storage = new MemoryJobStorage();
  const open = storage.open.bind(storage);
  const close = storage.close.bind(storage);
  storage.open = async () => {
    notes.push(`${name} opens`);
    return await open();
  };
  storage.close = async () => {
    notes.push(`${name} closes`);
    await close();
  };
  return storage;
}

function configured(
  storage: () => MemoryJobStorage | Promise<MemoryJobStorage>,
  jobs: (jobs: JobsSection) => void = () => {},
): RevoConfiguration {
  return new RevoConfiguration().useLogger(silentLogger).useJobs(storage, (section) => {
    section.server({ signals: false });
    jobs(section);
  });
}

/** The code of the error with which a configuration refuses to start, and what it did before. */
async function refusal(
  jobs: (jobs: JobsSection) => void,
): Promise<{ code: unknown; message: string; notes: readonly string[] }> {
  const notes: string[] = [];
  const configuration = new RevoConfiguration().useLogger(silentLogger);
  try {
    await configuration.useJobs(() => noting(notes), jobs).start();
  } catch (error) {
    const { code, message } = error as RevoError;
    return { code, message, notes };
  }
  throw new Error("it started");
}

describe("starting", () => {
  it("opens the storage, then the server, then the sections; stopping goes the other way", async () => {
    const notes: string[] = [];
    class Section implements IConfigurationSection {
      start(revo: Revo): void {
        revo.events.on("server.stopped", () => notes.push("server stops"));
        notes.push("section starts");
      }
      stop(): void {
        notes.push("section stops");
      }
    }
    const configuration = configured(
      () => noting(notes),
      (jobs) => jobs.handle(SendInvoice, async () => {}),
    );
    configuration.getSection(Section);

    const revo = await configuration.start();
    await revo.stop();

    expect(notes).toEqual([
      "storage opens",
      "section starts",
      "section stops",
      "server stops",
      "storage closes",
    ]);
  });

  it("stops everything again, in reverse, when a part fails on the way", async () => {
    const notes: string[] = [];
    class First implements IConfigurationSection {
      start(): void {
        notes.push("first starts");
      }
      stop(): void {
        notes.push("first stops");
      }
    }
    class Second implements IConfigurationSection {
      start(): never {
        throw new Error("second broken");
      }
      stop(): void {
        notes.push("never");
      }
    }
    const storage = noting(notes);
    const configuration = configured(
      () => storage,
      (jobs) => jobs.handle(SendInvoice, async () => {}),
    );
    configuration.getSection(First);
    configuration.getSection(Second);

    await expect(configuration.start()).rejects.toThrow("second broken");

    expect(notes).toEqual(["storage opens", "first starts", "first stops", "storage closes"]);
    await storage.open();
    expect(await storage.monitor.servers()).toEqual([]);
  });

  it("closes a storage that cannot be opened, and throws why it cannot", async () => {
    const notes: string[] = [];
    const storage = noting(notes);
    storage.open = async () => {
      throw new RevoError("REVO_STORAGE_MISCONFIGURED", "wrong settings");
    };

    const start = configured(() => storage).start();

    await expect(start).rejects.toMatchObject({ code: "REVO_STORAGE_MISCONFIGURED" });
    expect(notes).toEqual(["storage closes"]);
  });

  it("throws the first failure also when stopping fails as well", async () => {
    const lines: string[] = [];
    const logger: ILogger = { ...silentLogger, error: (message) => lines.push(message) };
    const storage = new MemoryJobStorage();
    storage.open = async () => {
      throw new Error("cannot open");
    };
    storage.close = async () => {
      throw new Error("cannot close");
    };

    const start = configured(() => storage)
      .useLogger(logger)
      .start();

    await expect(start).rejects.toThrow("cannot open");
    expect(lines).toEqual(["stopping after a failed start failed"]);
  });

  it("takes a storage that is made asynchronously", async () => {
    await using revo = await configured(
      async () => await Promise.resolve(new MemoryJobStorage()),
    ).start();

    expect((await revo.health()).status).toBe("ok");
  });

  it("makes the storage once, at the start", async () => {
    let made = 0;
    const configuration = configured(() => {
      made += 1;
      return new MemoryJobStorage();
    });
    const before = made;

    await using _revo = await configuration.start();

    expect([before, made]).toEqual([0, 1]);
  });

  it("is refused without a storage", async () => {
    await expect(new RevoConfiguration().start()).rejects.toMatchObject({
      code: "REVO_STORAGE_MISSING",
    });
  });

  it("is refused a second time", async () => {
    const configuration = configured(() => new MemoryJobStorage());
    await using _revo = await configuration.start();

    await expect(configuration.start()).rejects.toMatchObject({ code: "REVO_ARGUMENT_INVALID" });
  });

  it.each([undefined, null, {}, new Date()])(
    "is refused with %o for a storage",
    async (storage) => {
      const start = configured(() => storage as never).start();

      await expect(start).rejects.toMatchObject({ code: "REVO_ARGUMENT_INVALID" });
    },
  );

  it("is refused with a storage of another version of the contract", async () => {
    const storage = Object.assign(new MemoryJobStorage(), {
      capabilities: { ...new MemoryJobStorage().capabilities, contractVersion: 2 },
    });

    const start = configured(() => storage).start();

    await expect(start).rejects.toMatchObject({ code: "REVO_CAPABILITY_MISSING" });
  });

  it("shows the warnings of the storage", async () => {
    const lines: string[] = [];
    const storage = new MemoryJobStorage();
    const open = storage.open.bind(storage);
    storage.open = async () => ({ ...(await open()), warnings: ["set maxmemory-policy"] });

    await using revo = await configured(() => storage)
      .useLogger({ ...silentLogger, warn: (message) => lines.push(message) })
      .start();

    expect(lines).toEqual(["set maxmemory-policy"]);
    expect((await revo.health()).storage.warnings).toEqual(["set maxmemory-policy"]);
  });
});

describe("a configuration with a fault is refused before anything is opened", () => {
  it("when a job type is registered twice", async () => {
    const { code, message, notes } = await refusal((jobs) =>
      jobs.handle(SendInvoice, async () => {}).handle(SendInvoice, async () => {}),
    );

    expect([code, notes]).toEqual(["REVO_HANDLER_DUPLICATE", []]);
    expect(message).toContain('"send-invoice"');
  });

  it("when a definition has no handler", async () => {
    const bare = defineJob({ name: "bare", payload: { "~standard": anything } });

    const { code, message, notes } = await refusal((jobs) => jobs.add(bare));

    expect([code, notes]).toEqual(["REVO_HANDLER_NOT_FOUND", []]);
    expect(message).toContain("jobs.declare");
  });

  it("when a handler class needs a container and there is none", async () => {
    const { code, message, notes } = await refusal((jobs) => jobs.handle(SendInvoice, NeedsMailer));

    expect([code, notes]).toEqual(["REVO_HANDLER_NEEDS_CONTAINER", []]);
    expect(message).toContain("NeedsMailer");
  });

  it("when a handler was forgotten", async () => {
    const { code, notes } = await refusal((jobs) => jobs.handle(SendInvoice, null as never));

    expect([code, notes]).toEqual(["REVO_HANDLER_NOT_FOUND", []]);
  });

  it.each([undefined, 42, {}, Unhandling])("when the handler is %o", async (handler) => {
    const { code, notes } = await refusal((jobs) => jobs.handle(SendInvoice, handler as never));

    expect([code, notes]).toEqual(["REVO_ARGUMENT_INVALID", []]);
  });

  it("when a class has no type, or a reserved one", async () => {
    class Nameless {
      readonly n = 1;
    }
    class Reserved extends Nameless {
      static readonly type = "command.pay";
    }

    for (const jobClass of [Nameless, Reserved]) {
      const { code, notes } = await refusal((jobs) =>
        jobs.handle(jobClass as never, async () => {}),
      );
      expect([code, notes]).toEqual(["REVO_NAME_INVALID", []]);
    }
  });

  it("when an option is unknown, of a type, of the defaults or of the server", async () => {
    const faults: readonly ((jobs: JobsSection) => void)[] = [
      (jobs) => jobs.handle(SendInvoice, async () => {}, { maxAttempt: 3 } as never),
      (jobs) => jobs.defaults({ timout: 3 } as never),
      (jobs) => jobs.server({ concurency: 3 } as never),
      (jobs) => jobs.server({ concurency: 3 } as never).producerOnly(),
    ];

    for (const fault of faults) {
      const { code, message, notes } = await refusal(fault);
      expect([code, notes]).toEqual(["REVO_OPTION_UNKNOWN", []]);
      expect(message).toMatch(/did you mean `(maxAttempts|timeout|concurrency)`\?$/);
    }
  });

  it("when an option is out of its bounds", async () => {
    const { code, notes } = await refusal((jobs) =>
      jobs.handle(SendInvoice, async () => {}, { priority: 12 }),
    );

    expect([code, notes]).toEqual(["REVO_ARGUMENT_INVALID", []]);
  });

  it("when a command's handler needs a container and there is none", async () => {
    class Pay extends Command {
      static readonly type = "pay";
    }
    const notes: string[] = [];
    const start = configured(() => noting(notes))
      .useCommands((commands) => commands.handle(Pay, NeedsMailer))
      .start();

    await expect(start).rejects.toMatchObject({ code: "REVO_HANDLER_NEEDS_CONTAINER" });
    expect(notes).toEqual([]);
  });

  it.each([0, -1, 1.5, 65 * 1024 * 1024, "1", Number.NaN])(
    "at once, when payloads may have %s bytes",
    (bytes) => {
      expect(() =>
        configured(
          () => new MemoryJobStorage(),
          (jobs) => jobs.maxPayloadBytes(bytes as number),
        ),
      ).toThrow(/^Expected `maxPayloadBytes` to be an integer from 1 to/);
    },
  );

  it.each([undefined, null, 7, {}])("at once, when useJobs, useCommands or use get %o", (value) => {
    const configuration = new RevoConfiguration();

    expect(() => configuration.useJobs(value as never)).toThrow(
      /^Expected `storage` to be a function/,
    );
    expect(() => configuration.useCommands(value as never)).toThrow(/^Expected `configure`/);
    expect(() => configuration.use(value as never)).toThrow(/^Expected `middleware`/);
  });
});

describe("which server a process gets", () => {
  const work = job("work", () => {});

  it("is one with the defaults as soon as there is a handler", async () => {
    await using revo = await new RevoConfiguration()
      .useLogger(silentLogger)
      .useJobs(
        () => new MemoryJobStorage(),
        (jobs) => jobs.add(work).server({ signals: false }),
      )
      .start();

    expect((await revo.health()).server).toMatchObject({ state: "running" });
  });

  it("is none for a producer, whatever handlers and settings it has", async () => {
    await using revo = await configured(
      () => new MemoryJobStorage(),
      (jobs) => jobs.add(work).server({ concurrency: 3 }).producerOnly(),
    ).start();

    const { id } = await revo.scheduler.enqueueJob(work, {});

    expect((await revo.health()).server).toBeNull();
    expect(await revo.scheduler.getJob(id)).toMatchObject({ state: "enqueued" });
  });

  it("is none where only types of other processes are declared", async () => {
    await using revo = await new RevoConfiguration()
      .useLogger(silentLogger)
      .useJobs(
        () => new MemoryJobStorage(),
        (jobs) => jobs.declare(SendInvoice),
      )
      .start();

    expect((await revo.health()).server).toBeNull();
  });

  it("is none for a producer with definitions without handlers", async () => {
    const bare = defineJob({ name: "bare", payload: { "~standard": anything } });

    await using revo = await configured(
      () => new MemoryJobStorage(),
      (jobs) => jobs.add(bare).producerOnly(),
    ).start();

    expect((await revo.health()).server).toBeNull();
  });
});

describe("a second call of useJobs", () => {
  it("replaces the storage, says so, and adds its jobs", async () => {
    const notes: string[] = [];
    const lines: string[] = [];
    const [one, two] = [job("one", () => {}), job("two", () => {})];

    await using revo = await new RevoConfiguration()
      .useLogger({ ...silentLogger, warn: (message) => lines.push(message) })
      .useJobs(
        () => noting(notes, "first"),
        (jobs) => jobs.add(one).server({ signals: false }),
      )
      .useJobs(
        () => noting(notes, "second"),
        (jobs) => jobs.add(two),
      )
      .start();

    expect(notes).toEqual(["second opens"]);
    expect(lines).toEqual(["useJobs was called again: the storage given last is used"]);
    await revo.scheduler.enqueueJob(one, {});
    await revo.scheduler.enqueueJob(two, {});
  });
});

describe("sections", () => {
  it("are made once, by their class, and started with the running Revo", async () => {
    const started: Revo[] = [];
    class Section implements IConfigurationSection {
      start(revo: Revo): void {
        started.push(revo);
      }
    }
    const configuration = configured(() => new MemoryJobStorage());
    const [first, second] = [configuration.getSection(Section), configuration.getSection(Section)];

    await using revo = await configuration.start();

    expect(first).toBe(second);
    expect(started).toEqual([revo]);
  });

  it("stop before anything else, the last one first, whatever one of them throws", async () => {
    const notes: string[] = [];
    class First implements IConfigurationSection {
      stop(): void {
        notes.push("first");
      }
    }
    class Second implements IConfigurationSection {
      stop(): never {
        notes.push("second");
        throw new Error("second broken");
      }
    }
    const configuration = configured(() => noting(notes));
    configuration.getSection(First);
    configuration.getSection(Second);
    const revo = await configuration.start();

    await expect(revo.stop()).rejects.toThrow("second broken");

    expect(notes).toEqual(["storage opens", "second", "first", "storage closes"]);
  });
});

describe("a stopped Revo", () => {
  // Row 31.
  it("refuses to be used: REVO_CLOSED", async () => {
    const work = job("work", () => {});
    class Pay extends Command {
      static readonly type = "pay";
    }
    const revo = await configured(
      () => new MemoryJobStorage(),
      (jobs) => jobs.add(work),
    )
      .useCommands((commands) => commands.handle(Pay, () => {}))
      .start();
    await revo.stop();
    const id = "00000000-0000-7000-8000-000000000000";

    const uses: readonly (() => Promise<unknown>)[] = [
      () => revo.scheduler.enqueueJob(work, {}),
      () => revo.scheduler.enqueueJobs([{ job: work.with({}) }]),
      () => revo.scheduler.scheduleJob(work, {}, new Date()),
      () => revo.scheduler.deleteJob(id),
      () => revo.scheduler.requeueJob(id),
      () => revo.scheduler.getJob(id),
      () => revo.scheduler.pauseQueue("default", { reason: "x" }),
      () => revo.commands.send(new Pay()),
      () => revo.monitor.count({}),
      () => revo.monitor.find({}),
    ];
    for (const use of uses) {
      await expect(use(), use.toString()).rejects.toMatchObject({ code: "REVO_CLOSED" });
    }
  });

  it("stops once, by hand or by `await using`", async () => {
    const notes: string[] = [];
    {
      await using revo = await configured(() => noting(notes)).start();
      await revo.stop();
    }

    expect(notes).toEqual(["storage opens", "storage closes"]);
  });

  it("leaves no listener of the process behind", async () => {
    const before = process.listenerCount("SIGTERM");
    const revo = await new RevoConfiguration()
      .useLogger(silentLogger)
      .useJobs(
        () => new MemoryJobStorage(),
        (jobs) => jobs.add(job("work", () => {})),
      )
      .start();
    const during = process.listenerCount("SIGTERM");

    await revo.stop();

    expect([during - before, process.listenerCount("SIGTERM") - before]).toEqual([1, 0]);
    expect(process.listenerCount("uncaughtExceptionMonitor")).toBe(0);
  });
});

// Row U8.
describe("opening, closing and using in any order", () => {
  it("throws only errors of this project, and leaves nothing running", async () => {
    const work = job("work", () => {});
    for (let round = 0; round < 20; round++) {
      const storage: IJobStorage = new MemoryJobStorage();
      const errors: unknown[] = [];
      const acts: Promise<unknown>[] = [];
      const starting = configured(
        () => storage as MemoryJobStorage,
        (jobs) => jobs.add(work),
      ).start();
      if (round % 3 === 0) acts.push(storage.close());
      const revo = await starting.catch((error: unknown) => {
        errors.push(error);
        return null;
      });
      acts.push(
        revo?.scheduler.enqueueJob(work, {}) ?? Promise.resolve(),
        revo?.stop() ?? Promise.resolve(),
        revo?.scheduler.enqueueJob(work, {}) ?? Promise.resolve(),
        revo?.health() ?? Promise.resolve(),
        storage.close(),
        revo?.stop() ?? Promise.resolve(),
      );
      for (const result of await Promise.allSettled(acts)) {
        if (result.status === "rejected") errors.push(result.reason);
      }
      for (const error of errors) expect(error).toBeInstanceOf(RevoError);
    }
  });
});

const anything = {
  version: 1,
  vendor: "test",
  validate: (value: unknown) => ({ value }),
} as const;
