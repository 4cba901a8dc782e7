/// <reference lib="esnext.disposable" preserve="true" />
import type { ICommandBus } from "../commands/command-bus.ts";
import type { IRevoEvents } from "../events/event-hub.ts";
import type { IRevoMonitor } from "../monitor/job-monitor.ts";
import type { IJobScheduler } from "../scheduler/job-scheduler.ts";
import type { ServerHealth } from "../server/server-health.ts";
import type { StorageCapabilities } from "../storage/capabilities.ts";

/** How a Revo instance fares. */
export interface RevoHealth {
  /** `ok`; `degraded`: something fails and is being retried; `down`: the storage cannot be reached, or Revo is stopped. */
  readonly status: "ok" | "degraded" | "down";
  readonly storage: {
    readonly name: string;
    readonly durability: StorageCapabilities["durability"];
    readonly reachable: boolean;
    /** Of one small read, in milliseconds; `null` when it failed. */
    readonly roundTripMs: number | null;
    /** What an operator ought to change. */
    readonly warnings: readonly string[];
  };
  /** `null`: this process runs no jobs. */
  readonly server: ServerHealth | null;
}

/** A running Revo. Ends with `stop`, or by `await using`. */
export interface Revo<TTransaction = never> extends AsyncDisposable {
  readonly scheduler: IJobScheduler<TTransaction>;
  readonly commands: ICommandBus;
  readonly monitor: IRevoMonitor;
  readonly events: IRevoEvents;
  /** Never throws. */
  health(): Promise<RevoHealth>;
  /**
   * Stops in the reverse order of the start: no new jobs are claimed, running ones get their grace, everything that was opened
   * is closed. Twice is once.
   */
  stop(): Promise<void>;
}
