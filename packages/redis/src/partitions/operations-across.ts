import type { IClock } from "@revojs/core";
import { putMetrics, readMetrics } from "../metrics.ts";
import type { Connection } from "../connection.ts";
import type { Operations } from "../operations.ts";
import { controlAcross, reportsAcross } from "./control-across.ts";
import { type EnqueueTarget, enqueueAcross } from "./enqueue-across.ts";
import { exchangeAcross } from "./exchange-across.ts";
import type { HungryServers } from "./hungry-servers.ts";
import { monitorAcross } from "./monitor-across.ts";
import type { Partitions } from "./partitions.ts";
import { heartbeatAcross, registerAcross, unregisterAcross } from "./servers-across.ts";
import { upkeepAcross } from "./upkeep-across.ts";

/** A storage over several slots: makes the operations for one call, all steps of which share its deadline. */
export function operationsAcross(
  partitions: Partitions,
  durable: Connection | undefined,
  clock: IClock,
): () => Operations {
  const hungry: HungryServers = new Set();
  return () =>
    operationsOf(partitions, { partitions: partitions.forOneCall(clock), durable }, hungry);
}

function operationsOf(
  all: Partitions,
  { partitions, durable }: EnqueueTarget,
  hungry: HungryServers,
): Operations {
  return {
    enqueue: (request) => enqueueAcross({ partitions, durable }, request),
    exchange: (request) => exchangeAcross(partitions, hungry, request),
    register: (server) => registerAcross(partitions, server),
    heartbeat: (request) => heartbeatAcross(partitions, request),
    unregister: (serverId) => {
      hungry.delete(serverId);
      return unregisterAcross(partitions, serverId);
    },
    upkeep: upkeepAcross(partitions),
    control: controlAcross(partitions),
    // A search goes on for as long as it is told to: each of its steps has the time.
    monitor: monitorAcross(all),
    reports: reportsAcross(partitions),
    metrics: {
      put: (serverId, points) => putMetrics(partitions.first, serverId, points),
      read: (request) => readMetrics(partitions.first, request),
    },
  };
}
