import { setTimeout as sleep } from "node:timers/promises";
import { nowMs } from "../clock.ts";
import type { BenchPayload } from "../systems/bench-system.ts";

/** What a run wants to know of the jobs that a process handles. */
export interface HandlerPlan {
  /** Jobs have the numbers 0 to `ids` - 1; others count as repeated. */
  readonly ids: number;
  /** So many different ones and the run is over for this process. */
  readonly target: number;
  /** How long a handler waits, in milliseconds; 0: it ends at once. */
  readonly handlerMs: number;
  readonly record: "nothing" | "latency" | "start";
  /** Every so manieth job fails when it is run for the first time; 0: none. */
  readonly failEvery: number;
}

export interface HandledCounts {
  /** Different jobs whose handler succeeded. */
  readonly distinct: number;
  /** Successful runs beyond the first of a job, and runs of jobs nobody enqueued. */
  readonly repeated: number;
}

/** Counts each job of a run in the process that handles it. */
export class HandledJobs {
  readonly #plan: HandlerPlan;
  readonly #succeeded: Uint8Array;
  readonly #seen: Uint8Array;
  #distinct = 0;
  #repeated = 0;
  #distinctSeen = 0;
  #reached: () => void = () => {};
  /** Resolves when the target is reached. */
  readonly reached: Promise<void>;
  /** From enqueue to start, in milliseconds. */
  readonly latenciesMs: number[] = [];
  /** When handlers started, in milliseconds since 1970. */
  readonly startedAtMs: number[] = [];
  /** When every job had been run at least once, failed or not. */
  allSeenMs: number | null = null;

  constructor(plan: HandlerPlan) {
    this.#plan = plan;
    this.#succeeded = new Uint8Array(plan.ids);
    this.#seen = new Uint8Array(plan.failEvery === 0 ? 0 : plan.ids);
    this.reached = new Promise((resolve) => {
      this.#reached = resolve;
    });
  }

  get counts(): HandledCounts {
    return { distinct: this.#distinct, repeated: this.#repeated };
  }

  /** Which jobs succeeded, a byte each. */
  get succeeded(): Uint8Array {
    return this.#succeeded;
  }

  /** The handler that the plan asks for, with nothing in it that the plan does not. */
  handler(): (payload: BenchPayload) => void | Promise<void> {
    const { handlerMs, record, failEvery } = this.#plan;
    if (failEvery > 0) return (payload) => this.#failOrSucceed(payload, failEvery);
    if (handlerMs > 0) {
      return async (payload) => {
        this.#note(payload);
        await sleep(handlerMs);
        this.#succeed(payload.i);
      };
    }
    if (record === "nothing") return ({ i }) => this.#succeed(i);
    return (payload) => {
      this.#note(payload);
      this.#succeed(payload.i);
    };
  }

  #note({ t }: BenchPayload): void {
    if (this.#plan.record === "latency" && t !== undefined) this.latenciesMs.push(nowMs() - t);
    if (this.#plan.record === "start") this.startedAtMs.push(Date.now());
  }

  #failOrSucceed({ i }: BenchPayload, failEvery: number): void {
    const isFirst = this.#seen[i] === 0;
    if (isFirst) {
      this.#seen[i] = 1;
      this.#distinctSeen += 1;
      if (this.#distinctSeen === this.#plan.ids) this.allSeenMs = nowMs();
    }
    if (isFirst && i % failEvery === 0) throw new Error("As asked for");
    this.#succeed(i);
  }

  #succeed(i: number): void {
    if (this.#succeeded[i] === 0) {
      this.#succeeded[i] = 1;
      this.#distinct += 1;
      if (this.#distinct === this.#plan.target) this.#reached();
    } else this.#repeated += 1;
  }
}
