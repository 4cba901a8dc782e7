import { describe, expect, it } from "vitest";
import { Command } from "../../src/commands/command.ts";
import { ExecuteCommandJob } from "../../src/commands/execute-command-job.ts";
import { job } from "../../src/handlers/define-job.ts";
import { currentScope, runInScope } from "../../src/handlers/execution-scope.ts";
import type { IHandlerActivator } from "../../src/handlers/job-handler.ts";
import type { Middleware } from "../../src/handlers/middleware.ts";
import type { StandardSchemaV1 } from "../../src/job/standard-schema.ts";
import type { NewJob } from "../../src/job/job-record.ts";
import type { IJob } from "../../src/job/job.ts";
import { delay } from "../../src/support/delay.ts";
import { Cluster } from "./cluster.ts";

class Capture extends Command<string> {
  static readonly type = "capture";
  readonly orderId: string;
  constructor(orderId: string) {
    super();
    this.orderId = orderId;
  }
}

class Resize implements IJob {
  static readonly type = "resize";
  readonly width: number;
  constructor(width: number) {
    this.width = width;
  }
  get isWide(): boolean {
    return this.width > 100;
  }
}

const everything = { tenant: "acme", user: "ada", trace: "00-1-2-01", culture: "de-AT" };

function noting(name: string, notes: string[]): Middleware {
  return async (context, next) => {
    notes.push(`${name} > ${context.kind} ${context.type}`);
    try {
      return await next();
    } finally {
      notes.push(`${name} < ${context.kind} ${context.type}`);
    }
  };
}

describe("middleware", () => {
  it("goes around jobs and commands in the order in which it was added, and around a command in a job twice", async () => {
    await using cluster = await Cluster.open();
    const notes: string[] = [];
    const work = job("work", () => void notes.push("work"));
    const { revo } = await cluster.start({
      jobs: (jobs) => jobs.add(work),
      configure: (configuration) =>
        configuration
          .use(noting("outer", notes), noting("inner", notes))
          .useCommands((commands) => commands.handle(Capture, () => (notes.push("capture"), "ok"))),
    });

    await revo.scheduler.enqueueJob(work, {});
    await cluster.settle();
    await revo.commands.send(new Capture("1"));
    await revo.scheduler.enqueueJob(new ExecuteCommandJob(new Capture("2")));
    await cluster.settle();

    const aroundCommand = [
      "outer > command capture",
      "inner > command capture",
      "capture",
      "inner < command capture",
      "outer < command capture",
    ];
    expect(notes).toEqual([
      "outer > job work",
      "inner > job work",
      "work",
      "inner < job work",
      "outer < job work",
      ...aroundCommand,
      "outer > job command.capture",
      "inner > job command.capture",
      ...aroundCommand,
      "inner < job command.capture",
      "outer < job command.capture",
    ]);
  });

  it("may answer for the handler, and turn a failure into a success", async () => {
    await using cluster = await Cluster.open();
    const work = job("work", (): string => {
      throw new Error("broken");
    });
    const { revo } = await cluster.start({
      jobs: (jobs) => jobs.add(work),
      configure: (configuration) =>
        configuration.use(async (_context, next) => await next().catch(() => "mended")),
    });

    const handle = await revo.scheduler.enqueueJob(work, {});
    await cluster.settle();

    const record = await cluster.record(handle.id);
    expect(record.state).toBe("succeeded");
    expect(record.texts?.result).toContain("mended");
  });

  it("fails the attempt when it throws", async () => {
    await using cluster = await Cluster.open();
    const work = job("work", () => {}, { maxAttempts: 1 });
    const { revo } = await cluster.start({
      jobs: (jobs) => jobs.add(work),
      configure: (configuration) =>
        configuration.use(() => {
          throw new Error("middleware broken");
        }),
    });

    const { id } = await revo.scheduler.enqueueJob(work, {});
    await cluster.settle();

    expect(await cluster.record(id)).toMatchObject({ state: "failed", reason: "attempts" });
  });

  it("passes things on through the context's items, one map for each attempt", async () => {
    await using cluster = await Cluster.open();
    const seen: unknown[] = [];
    const work = job("work", (_payload: object, { items }) => void seen.push(items.get("n")));
    let n = 0;
    const { revo } = await cluster.start({
      jobs: (jobs) => jobs.add(work),
      configure: (configuration) =>
        configuration.use(async ({ items }, next) => {
          seen.push(items.size);
          items.set("n", (n += 1));
          return await next();
        }),
    });

    await revo.scheduler.enqueueJob(work, {});
    await revo.scheduler.enqueueJob(work, {});
    await cluster.settle();

    expect(seen).toEqual([0, 1, 0, 2]);
  });

  it("sees what the time limit does: it is inside of it", async () => {
    await using cluster = await Cluster.open();
    const seen: boolean[] = [];
    const work = job(
      "work",
      async (_payload: object, { signal }) => await delay(cluster.clock, 5_000, signal),
      {
        timeout: "1 s",
      },
    );
    const { revo } = await cluster.start({
      jobs: (jobs) => jobs.add(work),
      configure: (configuration) =>
        configuration.use(async (context, next) => {
          await next();
          seen.push(context.signal.aborted);
        }),
    });
    await revo.scheduler.enqueueJob(work, {});

    await cluster.advance(1_100);

    expect(seen).toEqual([true]);
  });
});

describe("the context of whoever enqueues", () => {
  it("comes back in the handler, in a command it carries and in jobs it enqueues in its turn", async () => {
    await using cluster = await Cluster.open();
    const seen: unknown[] = [];
    const second = job("second", () => void seen.push(["second", currentScope()]));
    const first = job("first", async () => {
      seen.push(["first", currentScope()]);
      await revo.scheduler.enqueueJob(second, {});
    });
    const { revo } = await cluster.start({
      jobs: (jobs) => jobs.add(first).add(second),
      configure: (configuration) =>
        configuration.useCommands((commands) =>
          commands.handle(Capture, () => (seen.push(["capture", currentScope()]), "ok")),
        ),
    });

    await runInScope(everything, async () => {
      await revo.scheduler.enqueueJob(first, {});
      await revo.scheduler.enqueueJob(new ExecuteCommandJob(new Capture("1")));
    });
    await cluster.settle();

    expect(seen).toHaveLength(3);
    expect(new Map(seen as [string, unknown][])).toEqual(
      new Map([
        ["first", everything],
        ["capture", everything],
        ["second", everything],
      ]),
    );
  });

  it("comes back at every attempt, also on another server", async () => {
    await using cluster = await Cluster.open();
    const seen: unknown[] = [];
    const work = job(
      "work",
      async () => {
        seen.push(currentScope());
        if (seen.length === 1) throw new Error("again");
      },
      { retry: { kind: "fixed", delay: "1 s" } },
    );
    const first = await cluster.start({ jobs: (jobs) => jobs.add(work) });
    await runInScope(everything, () => first.revo.scheduler.enqueueJob(work, {}));
    await cluster.settle();
    await first.revo.stop();

    await cluster.start({ jobs: (jobs) => jobs.add(work) });
    await cluster.advance(2_000);

    expect(seen).toEqual([everything, everything]);
  });

  it("travels beside the enqueuer's own headers, which are stronger", async () => {
    await using cluster = await Cluster.open();
    const seen: unknown[] = [];
    const work = job(
      "work",
      (_payload: object, { headers }) => void seen.push(headers, currentScope()),
    );
    const { revo } = await cluster.start({ jobs: (jobs) => jobs.add(work) });

    await runInScope({ tenant: "acme" }, () =>
      revo.scheduler.enqueueJob(work, {}, { headers: { "x-request": "7" } }),
    );
    await cluster.settle();

    expect(seen).toEqual([{ "revo.tenant": "acme", "x-request": "7" }, { tenant: "acme" }]);
  });

  it("is taken along by carriers of the user's own, too", async () => {
    await using cluster = await Cluster.open();
    const seen: string[] = [];
    const work = job("work", () => void seen.push("work"));
    const { revo } = await cluster.start({
      jobs: (jobs) => jobs.add(work),
      configure: (configuration) =>
        configuration.useContext({
          capture: () => ({ "app.release": "7" }),
          run: (headers, inner) => {
            seen.push(`release ${headers["app.release"]}`);
            return inner();
          },
        }),
    });

    await revo.scheduler.enqueueJob(work, {});
    await cluster.settle();

    expect(seen).toEqual(["release 7", "work"]);
  });
});

describe("what a handler gets", () => {
  it("is the job itself, with its getters", async () => {
    await using cluster = await Cluster.open();
    const seen: unknown[] = [];
    const { revo } = await cluster.start({
      jobs: (jobs) =>
        jobs.handle(
          Resize,
          async (resize) => void seen.push(resize instanceof Resize, resize.isWide),
        ),
    });

    await revo.scheduler.enqueueJob(new Resize(200));
    await cluster.settle();

    expect(seen).toEqual([true, true]);
  });

  it("is validated at the run, and fails at once with the path where it does not fit", async () => {
    await using cluster = await Cluster.open();
    class Sized implements IJob {
      static readonly type = "sized";
      static schema: StandardSchemaV1 = accepting;
      readonly n = -1;
    }
    const { revo } = await cluster.start({ jobs: (jobs) => jobs.handle(Sized, async () => {}) });
    await revo.scheduler.pauseQueue("default", { reason: "test" });
    const { id } = await revo.scheduler.enqueueJob(new Sized());
    await revo.stop();
    Sized.schema = refusing;

    await cluster.start({ jobs: (jobs) => jobs.handle(Sized, async () => {}) });
    await cluster.memory.control.resumeQueue({ queue: "default", actor: "test" });
    await cluster.advance(100);

    expect(await cluster.record(id)).toMatchObject({
      state: "failed",
      reason: "payload-invalid",
      attempt: 1,
    });
  });

  // Row D12, as far as core reads a job.
  it("is refused where what is stored cannot be read, and others run", async () => {
    await using cluster = await Cluster.open();
    const ran: unknown[] = [];
    const work = job("work", ({ n }: { n: number }) => void ran.push(n));
    const { revo } = await cluster.start({ jobs: (jobs) => jobs.add(work) });
    const bad = { ...aNewJob(1), payload: '{"n":' };
    const worse = { ...aNewJob(2), envelope: "[]" };

    await cluster.memory.enqueue({ jobs: [bad, worse, aNewJob(3)] });
    await revo.scheduler.enqueueJob(work, { n: 4 });
    await cluster.settle();

    expect(new Set(ran)).toEqual(new Set([3, 4]));
    for (const { id } of [bad, worse]) {
      expect(await cluster.record(id)).toMatchObject({ state: "failed", reason: "corrupt" });
    }
  });

  it("is upgraded from an older version, and refused from a newer one", async () => {
    await using cluster = await Cluster.open();
    const seen: unknown[] = [];
    class Old implements IJob {
      static readonly type = "moved";
      readonly name = "Ada";
    }
    class Current implements IJob {
      static readonly type = "moved";
      static readonly version = 2;
      static upgrade(payload: unknown, fromVersion: number): unknown {
        return { fullName: `${(payload as Old).name} from ${fromVersion}` };
      }
      readonly fullName: string = "";
    }
    const declared = await cluster.start({ jobs: (jobs) => jobs.declare(Old).producerOnly() });
    await declared.revo.scheduler.enqueueJob(new Old());
    const current = await cluster.start({
      jobs: (jobs) => jobs.handle(Current, async (moved) => void seen.push(moved.fullName)),
    });
    await cluster.settle();
    await current.revo.stop();
    const newer = await cluster.start({ jobs: (jobs) => jobs.declare(Current).producerOnly() });
    const { id } = await newer.revo.scheduler.enqueueJob(new Current());

    await cluster.start({ jobs: (jobs) => jobs.handle(Old, async () => {}) });
    await cluster.settle();

    expect(seen).toEqual(["Ada from 1"]);
    expect(await cluster.record(id)).toMatchObject({ state: "failed", reason: "payload-version" });
  });

  it.each(["1 s", "2 min"] as const)(
    "is not run when its signal fired while its payload was being prepared (kill grace %s)",
    async (killGrace) => {
      await using cluster = await Cluster.open();
      let runs = 0;
      let validations = 0;
      class Slow implements IJob {
        readonly name = "slow";
        static readonly type = "slow";
        static readonly schema: StandardSchemaV1 = {
          "~standard": {
            version: 1,
            vendor: "test",
            validate: async (value) => {
              validations += 1;
              if (validations > 1) await delay(cluster.clock, 60_000);
              return { value };
            },
          },
        };
      }
      const server = await cluster.start({
        jobs: (jobs) => jobs.handle(Slow, async () => void (runs += 1)),
        server: { killGrace },
      });
      const { id } = await server.revo.scheduler.enqueueJob(new Slow());
      await cluster.settle();

      await server.revo.scheduler.deleteJob(id);
      await cluster.advance(61_000);

      expect([validations, runs]).toEqual([2, 0]);
      expect((await cluster.record(id)).state).toBe("deleted");
    },
  );

  it("comes from a scope of the container, made for the attempt and disposed after it", async () => {
    await using cluster = await Cluster.open();
    const notes: string[] = [];
    class ResizeHandler {
      readonly disk: string;
      constructor(disk: string) {
        this.disk = disk;
      }
      async handle(resize: Resize): Promise<void> {
        notes.push(`resize to ${resize.width} on ${this.disk}`);
        if (resize.width < 0) throw new Error("negative");
      }
    }
    const container: IHandlerActivator = {
      createScope: ({ type }) => {
        notes.push(`scope of ${type}`);
        return {
          resolve: (handlerClass) => new handlerClass(...(["ssd"] as never[])),
          [Symbol.asyncDispose]: async () => void notes.push("disposed"),
        };
      },
    };
    const { revo } = await cluster.start({
      jobs: (jobs) => jobs.handle(Resize, ResizeHandler, { maxAttempts: 1 }),
      configure: (configuration) => configuration.useActivator(container),
    });

    for (const width of [1, -1]) {
      await revo.scheduler.enqueueJob(new Resize(width));
      await cluster.settle();
    }

    expect(notes).toEqual([
      "scope of resize",
      "resize to 1 on ssd",
      "disposed",
      "scope of resize",
      "resize to -1 on ssd",
      "disposed",
    ]);
  });
});

function aNewJob(n: number): NewJob {
  return {
    id: `00000000-0000-7000-8000-00000000000${n}`,
    type: "work",
    queue: "default",
    priority: 5,
    payload: JSON.stringify({ n }),
    envelope: "{}",
    tags: [],
    maxAttempts: 10,
    maxCrashes: 3,
    start: { kind: "now" },
  };
}

const accepting: StandardSchemaV1 = {
  "~standard": { version: 1, vendor: "test", validate: (value) => ({ value }) },
};

const refusing: StandardSchemaV1 = {
  "~standard": {
    version: 1,
    vendor: "test",
    validate: () => ({ issues: [{ message: "must be positive", path: ["n"] }] }),
  },
};
