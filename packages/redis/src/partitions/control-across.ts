import type { ControlRequest, ControlResult, IJobControl, IJobReports } from "@revojs/core";
import {
  deleteJobs,
  moveJobs,
  pauseQueue,
  replaceContent,
  requeueJobs,
  rescheduleJobs,
  resumeQueue,
} from "../control.ts";
import { readLogs, report } from "../reports.ts";
import { signalServer } from "../servers.ts";
import type { Store } from "../store.ts";
import { placesOf } from "./exchange-across.ts";
import { searchPartitions } from "./locate.ts";
import type { Partitions } from "./partitions.ts";
import { spread, together } from "./together.ts";

/** Acts on jobs where they are, and on queues everywhere. */
export function controlAcross(partitions: Partitions): IJobControl {
  return {
    delete: (request) => act(partitions, request, deleteJobs),
    requeue: (request) => act(partitions, request, requeueJobs),
    reschedule: (request) => act(partitions, request, rescheduleJobs),
    move: (request) => act(partitions, request, moveJobs),
    replaceContent: (request) => act(partitions, request, replaceContent),
    pauseQueue: (request) => each(partitions, (store) => pauseQueue(store, request)),
    resumeQueue: (request) => each(partitions, (store) => resumeQueue(store, request)),
    signalServer: (serverId, desired) => signalServer(partitions.first, serverId, desired),
  };
}

/** What runs tell, in the partitions of their jobs. */
export function reportsAcross(partitions: Partitions): IJobReports {
  return {
    report: async (items) => {
      const places = await placesOf(partitions, items);
      const placed = items.map((item, index) => [places[index] ?? 0, item] as const);
      return spread("writes", placed, (partition, own) => report(partitions.at(partition), own));
    },
    logs: async (id, request) => {
      const [partition = 0] = await searchPartitions(partitions, [id]);
      return readLogs(partitions.at(partition), id, request);
    },
  };
}

async function act<TRequest extends ControlRequest>(
  partitions: Partitions,
  request: TRequest,
  run: (store: Store, request: TRequest) => Promise<readonly ControlResult[]>,
): Promise<readonly ControlResult[]> {
  const places = await searchPartitions(partitions, request.ids);
  const items = request.ids.map((id, index) => [places[index] ?? 0, id] as const);
  return spread("writes", items, (partition, ids) =>
    run(partitions.at(partition), { ...request, ids }),
  );
}

async function each(partitions: Partitions, run: (store: Store) => Promise<void>): Promise<void> {
  await together("writes", partitions.stores.map(run));
}
