import type { Latencies } from "../latencies.ts";
import type { HandledCounts, HandlerPlan } from "./handled-jobs.ts";
import type { SoakSample } from "./soaked-jobs.ts";
import type { Connection } from "../systems/bench-system.ts";

export interface Amount {
  readonly jobs: number;
  /** The number of the first; the others follow. */
  readonly firstId: number;
  /** No job is begun after so many milliseconds. */
  readonly limitMs?: number;
}

export interface Bulk extends Amount {
  /** In milliseconds since 1970. Absent: at once. */
  readonly runAtMs?: number;
  /** Bytes of the payload, about. Absent: as few as it takes. */
  readonly payloadBytes?: number;
  /** Priorities 0 to 9 in turn. */
  readonly mixedPriorities?: boolean;
}

export interface Enqueued {
  readonly jobs: number;
  readonly ms: number;
  readonly cpuMs: number;
}

export interface WorkEnd extends HandledCounts {
  readonly timedOut: boolean;
  /** When work was asked for, and when it was done, by the clock that processes share. */
  readonly startedMs: number;
  readonly endedMs: number;
  /** Every job had been run once; only where some are to fail. */
  readonly allSeenMs: number | null;
  /** Used since work was asked for. */
  readonly cpuMs: number;
  readonly peakMib: number;
  /** What the system itself has still to do. */
  readonly pending: number;
}

/** What a process with a system in it can be told: each with its input and what comes back. */
export interface SystemCommands {
  open(input: { readonly system: string; readonly connection: Connection }): Promise<void>;
  /** One after the other, each awaited. */
  serial(input: Amount): Promise<Enqueued & { readonly latencies: Latencies }>;
  inFlight(input: Amount & { readonly inFlight: number }): Promise<Enqueued>;
  /** By the system's own call for many, as its `bulk` says. */
  bulk(input: Bulk): Promise<Enqueued>;
  /** At a steady pace, never ahead of it. `behind`: most jobs it was ever late with. */
  steady(input: {
    readonly perSecond: number;
    readonly seconds: number;
  }): Promise<Enqueued & { readonly behind: number }>;
  /** One after the other with random pauses. */
  spaced(input: {
    readonly jobs: number;
    readonly leastMs: number;
    readonly mostMs: number;
  }): Promise<Enqueued>;
  /** In small calls for many, each job with the moment it was to be enqueued at; slower only where the system is. */
  pace(input: { readonly jobs: number; readonly perSecond: number }): Promise<Enqueued>;
  work(plan: HandlerPlan): Promise<{ readonly startedMs: number }>;
  /** Starts to run jobs for long; {@link sample} tells how it goes. */
  soak(plan: { readonly ids: number; readonly perSample: number }): Promise<void>;
  sample(): Promise<SoakSample>;
  handled(): Promise<HandledCounts>;
  succeeded(): Promise<string>;
  /** Waits for the target; with `pendingBase` also until the system itself has no more than that to do. */
  ended(input: {
    readonly timeoutMs: number;
    readonly pendingBase?: number;
    readonly ignoreTarget?: boolean;
  }): Promise<WorkEnd>;
  latencies(): Promise<Latencies>;
  starts(): Promise<readonly number[]>;
  pending(): Promise<number>;
  usage(): Promise<{
    readonly cpuMs: number;
    readonly peakMib: number;
    readonly residentMib: number;
  }>;
  close(): Promise<void>;
}

/** One order to such a process. */
export interface Order {
  readonly id: number;
  readonly command: keyof SystemCommands;
  readonly input: unknown;
}

export type Answer =
  | { readonly id: number; readonly ok: true; readonly output: unknown }
  | { readonly id: number; readonly ok: false; readonly error: string };
