import { describe, expect, it } from "vitest";
import { countMetric, newMetricValues, observeMetric } from "../../src/job/metric-series.ts";
import { RevoMonitor } from "../../src/monitor/revo-monitor.ts";
import { noSuchId, ResizeImage, SendInvoice } from "../scheduler/scheduler-kit.ts";
import { openMonitor } from "./monitor-kit.ts";

const start = new Date(Date.UTC(2027, 0, 1));
const minute = (index: number): Date => new Date(start.getTime() + index * 60_000);

describe("job and history", () => {
  it("show a job with its decoded payload, result and times", async () => {
    await using kit = await openMonitor();
    const { id } = await kit.scheduler.enqueueJob(new ResizeImage("a.png"));
    await kit.succeed({ width: 1, at: new Date(0) });

    const job = await kit.monitor.job(id);

    expect(job).toMatchObject({
      state: "succeeded",
      payload: { url: "a.png" },
      result: { width: 1, at: new Date(0) },
      version: 1,
      attempt: 1,
      createdAt: start,
      finishedAt: start,
    });
  });

  it("tell attempts that did not succeed and what operators did, oldest first", async () => {
    await using kit = await openMonitor();
    const handle = await kit.scheduler.enqueueJob(new SendInvoice());
    await kit.fail(new Error("no paper", { cause: new Error("tray empty") }));
    await kit.scheduler.requeueJob(handle, { actor: "ada", reason: "paper refilled" });

    const history = await kit.monitor.history(handle.id);

    expect(history).toMatchObject([
      {
        from: "processing",
        to: "failed",
        attempt: 1,
        error: { message: "no paper", causes: [{ message: "tray empty" }] },
      },
      { from: "failed", to: "enqueued", actor: "ada", reason: "paper refilled" },
    ]);
  });

  it("know an unknown id from a wrong one", async () => {
    await using kit = await openMonitor();

    expect(await kit.monitor.job(noSuchId)).toBeNull();
    await expect(kit.monitor.history(noSuchId)).rejects.toMatchObject({
      code: "REVO_JOB_NOT_FOUND",
    });
    await expect(kit.monitor.job("x")).rejects.toMatchObject({ code: "REVO_ID_INVALID" });
  });
});

describe("metrics", () => {
  it("sum over servers and name their series", async () => {
    await using kit = await openMonitor();
    for (const serverId of ["a", "b"]) {
      const values = newMetricValues();
      countMetric(values, "claimed", 2);
      countMetric(values, "succeeded");
      countMetric(values, "retried");
      observeMetric(values, "wait", 5);
      observeMetric(values, "run", 100);
      const point = { minute: minute(0), queue: "default", type: "send-invoice", values };
      await kit.storage.metrics.put(serverId, [point]);
    }

    const [point] = await kit.monitor.metrics({ from: minute(0), to: minute(1), groupBy: "type" });

    expect(point).toMatchObject({
      at: minute(0),
      type: "send-invoice",
      claimed: 4,
      succeeded: 2,
      retried: 2,
      failed: 0,
      wait: { count: 2, sumMs: 10 },
      run: { count: 2, sumMs: 200, p95Ms: expect.any(Number) as number },
    });
    expect(point).not.toHaveProperty("queue");
  });

  it("gather minutes into steps", async () => {
    await using kit = await openMonitor();
    const points = [0, 4, 5].map((index) => {
      const values = newMetricValues();
      countMetric(values, "claimed");
      return { minute: minute(index), queue: "default", type: "send-invoice", values };
    });
    await kit.storage.metrics.put("a", points);

    const read = await kit.monitor.metrics({ from: minute(0), to: minute(10), step: "5 min" });

    expect(read.map(({ at, claimed }) => [at, claimed])).toEqual([
      [minute(0), 2],
      [minute(5), 1],
    ]);
  });

  it.each([
    [{ from: new Date("x"), to: minute(1) }, "REVO_TIME_INVALID"],
    [{ from: minute(0) }, "REVO_TIME_INVALID"],
    [{ from: new Date(-8.64e15), to: new Date(-8.64e15) }, "REVO_TIME_OUT_OF_RANGE"],
    [{ from: minute(0), to: minute(1), step: 30_000 }, "REVO_DURATION_INVALID"],
    [{ from: minute(0), to: minute(1), step: 90_000 }, "REVO_DURATION_INVALID"],
    [{ from: minute(0), to: minute(1), groupBy: "server" }, "REVO_ARGUMENT_INVALID"],
    [{ from: new Date(0), to: minute(1) }, "REVO_ARGUMENT_INVALID"],
    [{ from: minute(0), to: minute(1), steps: 5 }, "REVO_OPTION_UNKNOWN"],
  ])("refuse %j", async (request, code) => {
    await using kit = await openMonitor();

    await expect(kit.monitor.metrics(request as never)).rejects.toMatchObject({ code });
  });
});

describe("queues, servers, logs and suggestions", () => {
  it("show queues with their pause", async () => {
    await using kit = await openMonitor();
    await kit.scheduler.enqueueJob(new SendInvoice());
    await kit.scheduler.pauseQueue("default", { reason: "maintenance", actor: "ada" });

    const queues = await kit.monitor.queues();

    expect(queues).toMatchObject([
      { queue: "default", counts: { enqueued: 1 }, pause: { actor: "ada", reason: "maintenance" } },
    ]);
  });

  it.each([
    ['{"host":"web-1"}', { host: "web-1" }],
    ["not json", {}],
    ["[1]", {}],
  ])("show servers, what they tell of themselves decoded: %s", async (info, shown) => {
    await using kit = await openMonitor();
    await kit.storage.register({ serverId: noSuchId, leaseMs: 15_000, info });

    const servers = await kit.monitor.servers();

    expect(servers).toEqual([
      {
        id: noSuchId,
        state: "running",
        processing: 0,
        leaseMs: 15_000,
        beatAt: start,
        info: shown,
      },
    ]);
  });

  it("show a job's log", async () => {
    await using kit = await openMonitor();
    const { id } = await kit.scheduler.enqueueJob(new SendInvoice());
    const [job] = await kit.claim();
    const line = { at: start, attempt: 1, level: "info", text: "printing" } as const;
    await kit.storage.reports.report([{ jobId: id, token: job!.token, lines: [line] }]);

    const logs = await kit.monitor.logs(id);

    expect(logs).toMatchObject({ lines: [line], next: null });
  });

  it.each([
    ["by the storage's own means", []],
    ["from a sample", ["suggest"]],
  ] as const)("suggest types and tags %s", async (_what, without) => {
    await using kit = await openMonitor({ without });
    await kit.scheduler.enqueueJob(new SendInvoice(), { tags: ["vip", "vat", "eu"] });

    expect(await kit.monitor.suggest("types", "send")).toEqual(["send-invoice"]);
    expect(await kit.monitor.suggest("tags", "v")).toEqual(["vat", "vip"]);
    expect(await kit.monitor.suggest("tags", "v", { limit: 1 })).toEqual(["vat"]);
  });

  it("say what the storage does not keep", async () => {
    await using kit = await openMonitor({ without: ["metrics", "reports"] });

    const metrics = kit.monitor.metrics({ from: minute(0), to: minute(1) });
    const logs = kit.monitor.logs(noSuchId);

    await expect(metrics).rejects.toMatchObject({ code: "REVO_CAPABILITY_MISSING" });
    await expect(logs).rejects.toMatchObject({ code: "REVO_CAPABILITY_MISSING" });
  });

  it("throw REVO_CLOSED after stop", async () => {
    await using kit = await openMonitor();
    const { storage, registry } = kit;
    const monitor = new RevoMonitor({ storage, registry, isClosed: () => true });

    for (const attempt of [monitor.find(), monitor.count(), monitor.queues(), monitor.servers()]) {
      await expect(attempt).rejects.toMatchObject({ code: "REVO_CLOSED" });
    }
  });
});
