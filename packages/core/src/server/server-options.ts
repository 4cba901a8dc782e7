import { RevoArgumentError } from "../errors.ts";
import { describeValue } from "../job/argument-error.ts";
import { parseDuration, type Duration } from "../job/duration.ts";
import { assertQueue } from "../job/names.ts";
import { assertKnownKeys } from "../job/option-keys.ts";

/** A queue to serve, and at most how many of its jobs at once. */
export interface ServedQueue {
  readonly name: string;
  /** Most jobs of this queue that this job server holds at once, 1..10000. @defaultValue no limit of its own */
  readonly concurrency?: number;
}

/** Settings of a job server. */
export interface JobServerOptions {
  /** Jobs run at once, 1..10000. @defaultValue 10 */
  readonly concurrency?: number;
  /** Queues to serve, most preferred first. @defaultValue ["default"] */
  readonly queues?: readonly (string | ServedQueue)[];
  /** How long a job server may be silent before others take its jobs. At least 300 ms. @defaultValue "15 s" */
  readonly lease?: Duration;
  /** Time between two signs of life; less than half the lease. @defaultValue a third of the lease */
  readonly beat?: Duration;
  /** At a stop: how long running jobs may go on before their signal fires. @defaultValue "25 s" */
  readonly grace?: Duration;
  /** How long a handler may go on after its signal fired before its slot is given to another job. @defaultValue "5 s" */
  readonly killGrace?: Duration;
  /** Most jobs held beyond those that run, 0..10000; adapts itself to the speed of the handlers below that. @defaultValue 1000 */
  readonly maxPrefetch?: number;
  /** Time between two looks into a storage that pushes, and the longest between two into one that does not. @defaultValue "2 s" */
  readonly poll?: Duration;
  /** Whether SIGTERM and SIGINT stop the process gracefully. `false` for hosts that do it themselves. @defaultValue true */
  readonly signals?: boolean;
  /** Shown in the console. @defaultValue host name and process id */
  readonly name?: string;
}

export interface ResolvedServerOptions {
  readonly concurrency: number;
  readonly queues: readonly { readonly name: string; readonly concurrency: number | null }[];
  readonly leaseMs: number;
  readonly beatMs: number;
  readonly graceMs: number;
  readonly killGraceMs: number;
  readonly maxPrefetch: number;
  readonly pollMs: number;
  readonly signals: boolean;
  readonly name: string | null;
}

const knownOptions = [
  "concurrency",
  "queues",
  "lease",
  "beat",
  "grace",
  "killGrace",
  "maxPrefetch",
  "poll",
  "signals",
  "name",
] as const;

/** @throws `REVO_OPTION_UNKNOWN`, `REVO_ARGUMENT_INVALID`, `REVO_DURATION_INVALID`, `REVO_NAME_INVALID`. */
export function resolveServerOptions(options: JobServerOptions): ResolvedServerOptions {
  const path = "server";
  assertKnownKeys(options, knownOptions, path);
  const leaseMs = duration(options.lease, 15_000, `${path}.lease`, {
    minMs: 300,
    maxMs: 3_600_000,
  });
  const beatMs = duration(options.beat, Math.floor(leaseMs / 3), `${path}.beat`, { minMs: 50 });
  if (beatMs * 2 >= leaseMs) {
    throw new RevoArgumentError(
      "REVO_ARGUMENT_INVALID",
      `Expected \`${path}.beat\` to be less than half of the lease (${leaseMs} ms), got ${beatMs} ms`,
      `${path}.beat`,
    );
  }
  return {
    concurrency: integer(options.concurrency, 10, 1, 10_000, `${path}.concurrency`),
    queues: resolveQueues(options.queues ?? ["default"], `${path}.queues`),
    leaseMs,
    beatMs,
    graceMs: duration(options.grace, 25_000, `${path}.grace`),
    killGraceMs: duration(options.killGrace, 5_000, `${path}.killGrace`),
    maxPrefetch: integer(options.maxPrefetch, 1_000, 0, 10_000, `${path}.maxPrefetch`),
    pollMs: duration(options.poll, 2_000, `${path}.poll`, { minMs: 10, maxMs: 60_000 }),
    signals: flag(options.signals, true, `${path}.signals`),
    name: text(options.name, `${path}.name`),
  };
}

function resolveQueues(
  queues: readonly (string | ServedQueue)[],
  path: string,
): ResolvedServerOptions["queues"] {
  if (!Array.isArray(queues) || queues.length === 0) {
    throw new RevoArgumentError(
      "REVO_ARGUMENT_INVALID",
      `Expected \`${path}\` to be a list of at least one queue, got ${Array.isArray(queues) ? "an empty list" : typeof queues}`,
      path,
    );
  }
  const names = new Set<string>();
  return queues.map((queue: string | ServedQueue, index) => {
    const at = `${path}[${index}]`;
    const served = typeof queue === "string" ? { name: queue } : queue;
    if (typeof queue !== "string") assertKnownKeys(served, ["name", "concurrency"], at);
    assertQueue(served.name, at);
    if (names.has(served.name)) {
      throw new RevoArgumentError(
        "REVO_ARGUMENT_INVALID",
        `Expected \`${path}\` to name each queue once, got "${served.name}" twice`,
        at,
      );
    }
    names.add(served.name);
    const concurrency =
      "concurrency" in served && served.concurrency !== undefined
        ? integer(served.concurrency, 0, 1, 10_000, `${at}.concurrency`)
        : null;
    return { name: served.name, concurrency };
  });
}

function duration(
  value: Duration | undefined,
  defaultMs: number,
  path: string,
  bounds?: { readonly minMs?: number; readonly maxMs?: number },
): number {
  return value === undefined ? defaultMs : parseDuration(value, path, bounds);
}

function integer(
  value: number | undefined,
  byDefault: number,
  least: number,
  most: number,
  path: string,
): number {
  if (value === undefined) return byDefault;
  if (Number.isSafeInteger(value) && value >= least && value <= most) return value;
  throw new RevoArgumentError(
    "REVO_ARGUMENT_INVALID",
    `Expected \`${path}\` to be an integer from ${least} to ${most}, got ${String(value).slice(0, 80)}`,
    path,
  );
}

function flag(value: boolean | undefined, byDefault: boolean, path: string): boolean {
  if (value === undefined) return byDefault;
  if (typeof value === "boolean") return value;
  throw new RevoArgumentError(
    "REVO_ARGUMENT_INVALID",
    `Expected \`${path}\` to be true or false, got ${String(value).slice(0, 80)}`,
    path,
  );
}

function text(value: string | undefined, path: string): string | null {
  if (value === undefined) return null;
  if (typeof value === "string" && value.length >= 1 && value.length <= 128) return value;
  throw new RevoArgumentError(
    "REVO_ARGUMENT_INVALID",
    `Expected \`${path}\` to be a text of 1 to 128 characters, got ${describeValue(value)}`,
    path,
  );
}
