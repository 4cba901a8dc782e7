import { Agenda, type AgendaBackend, type AgendaOptions, type Job } from "agenda";
import type {
  BenchJob,
  BenchPayload,
  BenchSystem,
  Connection,
  OpenSystem,
} from "./bench-system.ts";

type Settings = Omit<AgendaOptions, "backend">;

const settings = {
  drain: {
    maxConcurrency: 100,
    defaultConcurrency: 100,
    lockLimit: 0,
    defaultLockLimit: 0,
    processEvery: 1000,
    removeOnComplete: true,
  },
  latency: { maxConcurrency: 20, defaultConcurrency: 20, processEvery: 100 },
  steady: {
    maxConcurrency: 50,
    defaultConcurrency: 50,
    processEvery: 100,
    removeOnComplete: true,
  },
  due: { maxConcurrency: 100, defaultConcurrency: 100, processEvery: 1000, removeOnComplete: true },
} satisfies Record<string, Settings>;

/** What differs between its three backends. */
export interface AgendaBackendParts {
  create(url: string): AgendaBackend;
  /** Jobs whose time has come. */
  pending(url: string): Promise<{ count(): Promise<number>; close(): Promise<unknown> }>;
}

/** Agenda on one of its backends. */
export function agendaOn(
  parts: Pick<BenchSystem, "name" | "title" | "store" | "share">,
  backend: AgendaBackendParts,
): BenchSystem {
  return {
    ...parts,
    isOurs: false,
    packageName: "agenda",
    keepsHistory: false,
    bulk: { call: "none; now() 100 in flight", chunk: 100, parallel: 1 },
    settings,
    open: (connection) => open(connection, backend),
  };
}

async function open(connection: Connection, backend: AgendaBackendParts): Promise<OpenSystem> {
  const { url, role, profile, queues, retries } = connection;
  const options: Settings = profile === "default" ? {} : settings[profile];
  const own = new Agenda({
    backend: backend.create(url),
    ...(role === "worker" ? options : {}),
  });
  own.on("error", () => {});
  await own.ready;
  const counter = await backend.pending(url);
  // A producer tells workers of a job only over a channel that `start` opens; where nobody waits it would only cost.
  if (role === "producer" && profile !== "drain") await own.start();
  const create = ({ payload, runAtMs, queue, priority }: BenchJob): Promise<unknown> => {
    const job = own.create(queue, payload);
    if (priority !== undefined) job.priority(priority * -1);
    return job.schedule(new Date(runAtMs ?? Date.now())).save();
  };

  return {
    enqueueOne: create,
    enqueueMany: (jobs) => Promise.all(jobs.map(create)),
    async work(handle) {
      for (const queue of queues) {
        // A function of its own type returns nothing; a promise is waited for all the same.
        const run = async ({ attrs }: Job<BenchPayload>): Promise<void> => handle(attrs.data);
        own.define(queue, run as (job: Job<BenchPayload>) => void, retries ? { backoff } : {});
      }
      await own.start();
    },
    pending: () => counter.count(),
    async close() {
      await own.stop();
      await counter.close();
    },
  };
}

/** Again at once, at most four times. */
function backoff({ attempt }: { readonly attempt: number }): number | null {
  return attempt < 5 ? 0 : null;
}
