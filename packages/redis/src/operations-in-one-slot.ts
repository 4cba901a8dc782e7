import type { Connection } from "./connection.ts";
import {
  deleteJobs,
  moveJobs,
  pauseQueue,
  replaceContent,
  requeueJobs,
  rescheduleJobs,
  resumeQueue,
} from "./control.ts";
import { countJobs } from "./count-jobs.ts";
import { durableSender } from "./durable-enqueue.ts";
import { enqueue } from "./enqueue.ts";
import { exchange } from "./exchange.ts";
import { findJobs } from "./find-jobs.ts";
import { putMetrics, readMetrics } from "./metrics.ts";
import type { Operations } from "./operations.ts";
import { listQueues } from "./queues.ts";
import { readHolders, readJobs, readOutcomes } from "./read-jobs.ts";
import { readLogs, report } from "./reports.ts";
import { heartbeat, listServers, register, signalServer, unregister } from "./servers.ts";
import type { Store } from "./store.ts";
import { suggest } from "./suggest.ts";
import { promote, prune, recover, repair, takeTurn } from "./upkeep.ts";

/** A storage in one slot: each call is one script. */
export function operationsInOneSlot(store: Store, durable: Connection | undefined): Operations {
  const send = durable === undefined ? undefined : durableSender(store, durable);
  return {
    enqueue: (request) => enqueue(store, request, send),
    exchange: (request) => exchange(store, request),
    register: (server) => register(store, server),
    heartbeat: (request) => heartbeat(store, request),
    unregister: (serverId) => unregister(store, serverId),
    upkeep: {
      takeTurn: (task, intervalMs) => takeTurn(store, task, intervalMs),
      promote: (limit) => promote(store, limit),
      recover: (request) => recover(store, request),
      prune: (limit) => prune(store, limit),
      repair: (limit) => repair(store, limit),
    },
    control: {
      delete: (request) => deleteJobs(store, request),
      requeue: (request) => requeueJobs(store, request),
      reschedule: (request) => rescheduleJobs(store, request),
      move: (request) => moveJobs(store, request),
      replaceContent: (request) => replaceContent(store, request),
      pauseQueue: (request) => pauseQueue(store, request),
      resumeQueue: (request) => resumeQueue(store, request),
      signalServer: (serverId, desired) => signalServer(store, serverId, desired),
    },
    monitor: {
      get: (ids) => readJobs(store, ids),
      holders: (uniqueKeys) => readHolders(store, uniqueKeys),
      outcomes: (ids) => readOutcomes(store, ids),
      find: (request) => findJobs(store, request),
      count: (filter, options) => countJobs(store, filter, options),
      queues: () => listQueues(store),
      servers: () => listServers(store),
      suggest: (field, prefix, limit) => suggest(store, field, { prefix, limit }),
    },
    reports: {
      report: (items) => report(store, items),
      logs: (id, request) => readLogs(store, id, request),
    },
    metrics: {
      put: (serverId, points) => putMetrics(store, serverId, points),
      read: (request) => readMetrics(store, request),
    },
  };
}
