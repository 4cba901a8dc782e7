import type { LimitName } from "../limits/store-limit.ts";
import { RemoteSystem } from "../process/remote-system.ts";
import type { StoreServer } from "../servers/store-server.ts";
import type { Sizes } from "../sizes.ts";
import type { BenchSystem, Connection } from "../systems/bench-system.ts";

/** A column of a scenario's table. */
export interface Column {
  /** The figure's name in the results. */
  readonly figure: string;
  /** With the unit. */
  readonly title: string;
  /** Whether the greater or the smaller value is the better one. */
  readonly better: "more" | "less";
}

/** What one run of a scenario with one system came to. */
export interface Measurement {
  readonly figures: Readonly<Record<string, number>>;
  /** What does not add up, for people; absent: every job was handled once, and the system says so, too. */
  readonly problem?: string;
  /** How it went over time, where that is the question. */
  readonly series?: readonly Moment[];
}

/** A look at a system while it works. */
export interface Moment {
  /** Since the start. */
  readonly seconds: number;
  /** Jobs since the start. */
  readonly handled: number;
  /** Jobs a second since the last look; so are the latencies in milliseconds. */
  readonly rate: number;
  readonly p50: number;
  readonly p99: number;
  readonly tablesMib: number;
  readonly indexesMib: number;
  /** Resident memory of the process that runs jobs. */
  readonly workerMib: number;
}

/** A question asked of every system. */
export interface StoreScenario {
  /** As given to `--scenario`. */
  readonly name: string;
  readonly title: string;
  /** The first one is what systems are compared by. */
  readonly columns: readonly Column[];
  /** The raw limit that belongs to it, and which of its figures. */
  readonly limit?: LimitName;
  /** Systems that it makes no sense for. */
  readonly leavesOut?: (system: BenchSystem) => boolean;
  /** It takes so long that one round has to do. */
  readonly isOnce?: boolean;
  /** How much longer than any other a run takes, in milliseconds. @defaultValue 0 */
  readonly lastsMs?: (sizes: Sizes) => number;
  run(trial: Trial): Promise<Measurement>;
}

/** One system on one server, for one run of a scenario. */
export class Trial {
  readonly system: BenchSystem;
  readonly server: StoreServer;
  readonly sizes: Sizes;
  readonly rttMs: number;
  /** Where workers write their processor profiles; `null`: they make none. */
  readonly profiles: string | null;
  readonly #processes: RemoteSystem[] = [];

  constructor(parts: Pick<Trial, "system" | "server" | "sizes" | "rttMs" | "profiles">) {
    this.system = parts.system;
    this.server = parts.server;
    this.sizes = parts.sizes;
    this.rttMs = parts.rttMs;
    this.profiles = parts.profiles;
  }

  /** Jobs to drain: fewer where the system is so slow that it takes too long. */
  drainJobs(jobs: number = this.sizes.drainJobs): number {
    return Math.max(100, Math.round(jobs * (this.system.share?.drain ?? 1)));
  }

  bulkJobs(jobs: number = this.sizes.bulkJobs): number {
    return Math.max(100, Math.round(jobs * (this.system.share?.bulk ?? 1)));
  }

  /** A process with the system in it. */
  async open(connection: Partial<Omit<Connection, "url">>): Promise<RemoteSystem> {
    const whole: Connection = {
      role: "producer",
      isFirst: false,
      profile: "drain",
      queues: ["bench"],
      retries: false,
      ...connection,
      url: await this.server.url(this.rttMs),
    };
    const profiles = whole.role === "worker" ? this.profiles : null;
    const process = await RemoteSystem.open(this.system.name, whole, profiles);
    this.#processes.push(process);
    return process;
  }

  /** Ends all its processes at once: whoever waits for one of them fails. */
  abort(): void {
    for (const process of this.#processes) process.kill();
  }
}

/** The problem of a run in which `handled` of `expected` jobs succeeded, `repeated` too often; `undefined`: none. */
export function problemOf(run: {
  readonly expected: number;
  readonly distinct: number;
  readonly repeated: number;
  readonly pending?: number;
}): { readonly problem?: string } {
  const { expected, distinct, repeated, pending = 0 } = run;
  const problems = [
    ...(distinct === expected ? [] : [`${distinct} of ${expected} handled in time`]),
    ...(repeated === 0 ? [] : [`${repeated} handled again`]),
    ...(pending === 0 ? [] : [`${pending} still pending by its own account`]),
  ];
  return problems.length === 0 ? {} : { problem: problems.join(", ") };
}
