/** The stores that systems are measured on. */
export const stores = ["postgres", "redis", "mongodb"] as const;
export type Store = (typeof stores)[number];

/**
 * What a system is set up for. `drain`: the fastest settings its documents name. `default`: none at all. `latency`: a worker
 * that waits for single jobs. `steady`: 50 handlers of 10 ms. `due`: many jobs that become due at once.
 */
export type Profile = "drain" | "default" | "latency" | "steady" | "due";

export interface BenchPayload {
  /** Which job this is: counted up from 0. */
  readonly i: number;
  /** When it was enqueued, by the clock that all processes share; absent where nobody asks. */
  readonly t?: number;
  readonly filler?: string;
}

export interface BenchJob {
  readonly payload: BenchPayload;
  /** Absent: at once. In milliseconds since 1970. */
  readonly runAtMs?: number;
  /** One of {@link Connection.queues}. */
  readonly queue: string;
  /** 0 is first, 9 last. Absent: whatever the system does without. */
  readonly priority?: number;
}

/** What one process does with a system. */
export interface Connection {
  /** With the name of a database of its own, where the store has such. */
  readonly url: string;
  readonly role: "producer" | "worker";
  /** The first process on the empty store: it makes the schema. */
  readonly isFirst: boolean;
  readonly profile: Profile;
  readonly queues: readonly string[];
  /** Jobs that fail are tried again, as soon as the system allows. */
  readonly retries: boolean;
}

/** A system under test in this process. */
export interface OpenSystem {
  enqueueOne(job: BenchJob): Promise<unknown>;
  enqueueMany(jobs: readonly BenchJob[]): Promise<unknown>;
  /** Starts to run jobs; resolves when it does. */
  work(handle: (payload: BenchPayload) => void | Promise<void>): Promise<void>;
  /** By the system's own account: jobs that are to be run now, or are being run. */
  pending(): Promise<number>;
  close(): Promise<void>;
}

/** A system that can be measured: ours or a peer. */
export interface BenchSystem {
  /** As given to `--system`. */
  readonly name: string;
  readonly title: string;
  readonly store: Store;
  readonly isOurs: boolean;
  /** The npm package whose version is printed. */
  readonly packageName: string;
  /** Whether succeeded jobs stay readable. */
  readonly keepsHistory: boolean;
  /** Its own way of enqueueing many, with the size of a call and the calls under way at once that were fastest. */
  readonly bulk: { readonly call: string; readonly chunk: number; readonly parallel: number };
  /** It takes so long that fewer jobs have to do; a share of what others get. @defaultValue 1 */
  readonly share?: { readonly drain?: number; readonly bulk?: number };
  /** What differs from the system's defaults, for print. */
  readonly settings: Readonly<Record<Exclude<Profile, "default">, object>>;
  open(connection: Connection): Promise<OpenSystem>;
}
