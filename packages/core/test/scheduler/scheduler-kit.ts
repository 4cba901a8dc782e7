import { randomUUID } from "node:crypto";
import { makeJobType } from "../../src/configuration/job-type-factory.ts";
import { EventHub } from "../../src/events/event-hub.ts";
import { JobTypeRegistry } from "../../src/handlers/job-type-registry.ts";
import { defaultTypeOptions, type JobTypeOptions } from "../../src/job/job-options.ts";
import { encodeResult } from "../../src/job/payload.ts";
import { describeError } from "../../src/job/job-error.ts";
import { Job, type IJob, type JobClass } from "../../src/job/job.ts";
import type { SettleOutcome } from "../../src/job/settle-outcome.ts";
import type { IJobScheduler } from "../../src/scheduler/job-scheduler.ts";
import { JobScheduler } from "../../src/scheduler/scheduler.ts";
import type { JobSchedulerParts } from "../../src/scheduler/scheduler-parts.ts";
import type { StorageCapabilities } from "../../src/storage/capabilities.ts";
import type { ClaimedJob, Settlement } from "../../src/storage/exchange.ts";
import type { IJobStorage } from "../../src/storage/job-storage.ts";
import { ManualClock } from "../../src/support/manual-clock.ts";
import { MemoryJobStorage } from "../../../memory/src/index.ts";

/** A job without a result. */
export class SendInvoice implements IJob {
  static readonly type = "send-invoice";
  readonly invoiceId: string;

  constructor(invoiceId = "42") {
    this.invoiceId = invoiceId;
  }
}

/** A job with a result. */
export class ResizeImage extends Job<{ width: number }> {
  static readonly type = "resize-image";
  readonly url: string;

  constructor(url = "a.png") {
    super();
    this.url = url;
  }
}

export const noSuchId = "018f0000-0000-7000-8000-000000000000";

export interface SchedulerKit extends AsyncDisposable {
  readonly storage: MemoryJobStorage;
  readonly scheduler: IJobScheduler & Pick<JobScheduler, "close">;
  readonly registry: JobTypeRegistry;
  readonly events: EventHub;
  readonly clock: ManualClock;
  /** Names of the storage's methods in order of their calls: `enqueue`, `control.delete` … */
  readonly calls: string[];
  /** Leases up to `limit` jobs, as a job server does. */
  claim(limit?: number): Promise<readonly (ClaimedJob & { readonly token: string })[]>;
  /** Ends the attempt of a claimed job. */
  settle(
    job: Pick<Settlement, "token"> & { readonly id: string },
    outcome: SettleOutcome,
  ): Promise<void>;
  /** Claims one job and ends it as succeeded. */
  succeed(result?: unknown): Promise<void>;
  /** Claims one job and ends it as failed for good. */
  fail(error?: unknown): Promise<void>;
}

export interface KitOptions {
  readonly classes?: readonly (readonly [JobClass, JobTypeOptions?])[];
  readonly capabilities?: Partial<StorageCapabilities>;
  readonly parts?: Partial<JobSchedulerParts>;
  /** Stands in for a method of the storage; gets what the storage would do. */
  readonly wrap?: (storage: MemoryJobStorage) => Partial<IJobStorage>;
}

/** A scheduler over the memory storage, with a clock that stands still and a record of what the storage is asked. */
export async function openScheduler(options: KitOptions = {}): Promise<SchedulerKit> {
  const clock = new ManualClock();
  const storage = new MemoryJobStorage({ clock });
  await storage.open();
  const registry = new JobTypeRegistry();
  const classes = options.classes ?? [[SendInvoice], [ResizeImage]];
  for (const [job, typeOptions = {}] of classes) {
    registry.add(
      makeJobType(
        { job, handler: null, options: typeOptions, declaredOnly: true },
        defaultTypeOptions,
      ),
    );
  }
  const events = new EventHub();
  const calls: string[] = [];
  const capabilities = { ...storage.capabilities, ...options.capabilities };
  const watched = watch({ ...facets(storage), capabilities, ...options.wrap?.(storage) }, calls);
  const scheduler = new JobScheduler({
    storage: watched,
    registry,
    events,
    clock,
    captureHeaders: () => null,
    maxPayloadBytes: 1024 * 1024,
    isClosed: () => false,
    ...options.parts,
  });
  const server = makeServer(storage);
  return {
    storage,
    scheduler,
    registry,
    events,
    clock,
    calls,
    ...server,
    async succeed(result) {
      const [job] = await server.claim(1);
      if (job === undefined) throw new Error("no job to succeed");
      const text = encodeResult(result, { maxBytes: 1024 });
      const kept = text === undefined ? {} : { result: text };
      await server.settle(job, { kind: "succeed", retainMs: 60_000, ...kept });
      events.emit("job.succeeded", { ...eventOf(job), runMs: 1, waitedMs: 1 });
    },
    async fail(error = new Error("broken")) {
      const [job] = await server.claim(1);
      if (job === undefined) throw new Error("no job to fail");
      const failure = { reason: "attempts", error: describeError(error) };
      await server.settle(job, { kind: "fail", retainMs: 60_000, ...failure });
      events.emit("job.failed", { ...eventOf(job), ...failure, runMs: 1, waitedMs: 1 });
    },
    async [Symbol.asyncDispose]() {
      await scheduler.close();
      await storage.close();
    },
  };
}

function eventOf(job: ClaimedJob): {
  jobId: string;
  type: string;
  queue: string;
  attempt: number;
  serverId: string;
} {
  const { id, type, queue, attempt } = job;
  return { jobId: id, type, queue, attempt, serverId: "server" };
}

function makeServer(storage: MemoryJobStorage): Pick<SchedulerKit, "claim" | "settle"> {
  const serverId = randomUUID();
  let token = 0n;
  return {
    async claim(limit = 1) {
      await storage.register({ serverId, leaseMs: 15_000, info: "{}" });
      const claimToken = String(++token);
      const { jobs } = await storage.exchange({
        serverId,
        settle: [],
        claim: {
          token: claimToken,
          queues: ["default", "critical", "mail"].map((queue) => ({ queue, limit })),
          limit,
          promoteLimit: 100,
          maxBytes: 8 * 1024 * 1024,
        },
      });
      return jobs.map((job) => ({ ...job, token: claimToken }));
    },
    async settle(job, outcome) {
      await storage.exchange({ serverId, settle: [{ jobId: job.id, token: job.token, outcome }] });
    },
  };
}

/** The storage's members as plain properties, so that single ones can be replaced. */
function facets(storage: MemoryJobStorage): IJobStorage {
  return {
    capabilities: storage.capabilities,
    upkeep: storage.upkeep,
    control: storage.control,
    monitor: storage.monitor,
    wakeUps: storage.wakeUps,
    reports: storage.reports,
    metrics: storage.metrics,
    open: () => storage.open(),
    close: () => storage.close(),
    enqueue: (request) => storage.enqueue(request),
    exchange: (request) => storage.exchange(request),
    register: (server) => storage.register(server),
    heartbeat: (request) => storage.heartbeat(request),
    unregister: (serverId) => storage.unregister(serverId),
  };
}

function watch<T extends object>(target: T, calls: string[], prefix = ""): T {
  return new Proxy(target, {
    get(object, key) {
      const value: unknown = Reflect.get(object, key);
      if (typeof value === "function") {
        return (...values: unknown[]): unknown => {
          calls.push(`${prefix}${String(key)}`);
          return Reflect.apply(value, object, values) as unknown;
        };
      }
      return typeof value === "object" && value !== null && key !== "capabilities"
        ? watch(value, calls, `${prefix}${String(key)}.`)
        : value;
    },
  });
}
