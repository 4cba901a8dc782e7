import { argumentError } from "../job/argument-error.ts";
import { parseDuration, type Duration } from "../job/duration.ts";
import { assertQueue } from "../job/names.ts";
import { assertKnownKeys, ownOptions } from "../job/option-keys.ts";

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
  /** Most jobs held beyond those that run, 0..10000; adapts itself to the speed of the handlers below that. @defaultValue 2000 */
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

/**
 * Checks the settings and fills in the defaults.
 * @throws `REVO_OPTION_UNKNOWN`; `REVO_DURATION_INVALID`: no duration; `REVO_NAME_INVALID`: no queue; `REVO_ARGUMENT_INVALID`.
 */
export function resolveServerOptions(given: JobServerOptions): ResolvedServerOptions {
  const path = "server";
  assertKnownKeys(given, knownOptions, path);
  const options = ownOptions(given);
  const leaseMs = duration(options.lease, 15_000, `${path}.lease`, {
    minMs: 300,
    maxMs: 3_600_000,
  });
  const beatMs = duration(options.beat, Math.floor(leaseMs / 3), `${path}.beat`, { minMs: 50 });
  if (beatMs * 2 >= leaseMs) {
    const rule = `to be less than half of the lease of ${leaseMs} ms`;
    throw argumentError("REVO_ARGUMENT_INVALID", `${path}.beat`, rule, beatMs);
  }
  return {
    concurrency: integer(options.concurrency, 10, 1, 10_000, `${path}.concurrency`),
    queues: resolveQueues(options.queues ?? ["default"], `${path}.queues`),
    leaseMs,
    beatMs,
    graceMs: duration(options.grace, 25_000, `${path}.grace`),
    killGraceMs: duration(options.killGrace, 5_000, `${path}.killGrace`),
    maxPrefetch: integer(options.maxPrefetch, 2_000, 0, 10_000, `${path}.maxPrefetch`),
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
    throw argumentError(
      "REVO_ARGUMENT_INVALID",
      path,
      "to be a list of at least one queue",
      queues,
    );
  }
  const names = new Set<string>();
  // A copy by `Array.from` has no holes, which `map` would pass over.
  return Array.from(queues, (queue: string | ServedQueue, index) => {
    const at = `${path}[${index}]`;
    const served: ServedQueue = typeof queue === "string" ? { name: queue } : queue;
    assertKnownKeys(served, ["name", "concurrency"], at);
    const { name, concurrency } = ownOptions(served);
    assertQueue(name, at);
    if (names.has(name)) {
      throw argumentError("REVO_ARGUMENT_INVALID", at, "to name each queue once", name);
    }
    names.add(name);
    if (concurrency === undefined) return { name, concurrency: null };
    assertInteger(concurrency, 1, 10_000, `${at}.concurrency`);
    return { name, concurrency };
  });
}

function duration(
  value: Duration | undefined,
  byDefault: number,
  path: string,
  { minMs = 0, maxMs = Number.POSITIVE_INFINITY } = {},
): number {
  if (value === undefined) return byDefault;
  const durationMs = parseDuration(value, path);
  if (durationMs >= minMs && durationMs <= maxMs) return durationMs;
  const rule = durationMs < minMs ? `to be at least ${minMs} ms` : `to be at most ${maxMs} ms`;
  throw argumentError("REVO_ARGUMENT_INVALID", path, rule, value);
}

function integer(
  value: number | undefined,
  byDefault: number,
  least: number,
  most: number,
  path: string,
): number {
  if (value === undefined) return byDefault;
  assertInteger(value, least, most, path);
  return value;
}

function assertInteger(value: number, least: number, most: number, path: string): void {
  if (Number.isSafeInteger(value) && value >= least && value <= most) return;
  const rule = `to be an integer from ${least} to ${most}`;
  throw argumentError("REVO_ARGUMENT_INVALID", path, rule, value);
}

function flag(value: boolean | undefined, byDefault: boolean, path: string): boolean {
  if (value === undefined) return byDefault;
  if (typeof value === "boolean") return value;
  throw argumentError("REVO_ARGUMENT_INVALID", path, "to be true or false", value);
}

function text(value: string | undefined, path: string): string | null {
  if (value === undefined) return null;
  if (typeof value === "string" && value.length >= 1 && value.length <= 128) return value;
  throw argumentError("REVO_ARGUMENT_INVALID", path, "to be a text of 1 to 128 characters", value);
}
