import { putMetrics, readMetrics } from "../metrics.ts";
import type { Connection } from "../connection.ts";
import type { Operations } from "../operations.ts";
import { controlAcross, reportsAcross } from "./control-across.ts";
import { enqueueAcross } from "./enqueue-across.ts";
import { exchangeAcross } from "./exchange-across.ts";
import type { HungryServers } from "./hungry-servers.ts";
import { monitorAcross } from "./monitor-across.ts";
import type { Partitions } from "./partitions.ts";
import { heartbeatAcross, registerAcross, unregisterAcross } from "./servers-across.ts";
import { upkeepAcross } from "./upkeep-across.ts";

/** A storage over several slots. */
export function operationsAcross(
  partitions: Partitions,
  durable: Connection | undefined,
): Operations {
  const hungry: HungryServers = new Set();
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
    monitor: monitorAcross(partitions),
    reports: reportsAcross(partitions),
    metrics: {
      put: (serverId, points) => putMetrics(partitions.first, serverId, points),
      read: (request) => readMetrics(partitions.first, request),
    },
  };
}
