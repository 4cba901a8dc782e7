import { hostname } from "node:os";
import type { LoopHealth } from "./loop.ts";
import type { ResolvedServerOptions } from "./server-options.ts";

/** How a job server fares. */
export interface ServerHealth {
  /** `null` before it has started. */
  readonly serverId: string | null;
  readonly state: "new" | "running" | "quiet" | "stopping" | "stopped";
  /**
   * `held`: the storage has heard of this server lately. `uncertain`: not for so long that another server may take its jobs;
   * none is started. `lost`: it registers anew. `none`: not started yet, or stopped.
   */
  readonly lease: "held" | "uncertain" | "lost" | "none";
  /** Whether the storage wakes this server, or it has to look. */
  readonly push: "push" | "poll";
  /** Jobs that run now. */
  readonly running: number;
  /** Jobs claimed and waiting for a slot here. */
  readonly waiting: number;
  /** Ended attempts that the storage has not confirmed yet. */
  readonly unsettled: number;
  /** Jobs it holds beyond the running ones when there are enough. */
  readonly prefetch: number;
  /** Average duration of an exchange with the storage, in milliseconds; `null` before the first. */
  readonly roundTripMs: number | null;
  readonly loops: readonly LoopHealth[];
}

/** What a job server tells of itself to whoever looks into the storage. */
export function serverInfo(options: ResolvedServerOptions, running: number, lagMs: number): string {
  return JSON.stringify({
    name: options.name ?? `${hostname()}:${process.pid}`,
    host: hostname(),
    pid: process.pid,
    node: process.version,
    queues: options.queues.map(({ name }) => name),
    concurrency: options.concurrency,
    running,
    lagMs: Math.round(lagMs),
  });
}
