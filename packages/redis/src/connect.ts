import { type Cluster, Redis, type RedisOptions } from "ioredis";
import type { RedisSettings } from "./options.ts";

/** A client for commands; a cluster's has a connection to each node that it needs. */
export type Client = Redis | Cluster;

/** Reconnecting begins at once and slows down to this, in milliseconds. */
const MOST_RECONNECT_DELAY_MS = 1000;
const RECONNECT_STEP_MS = 50;

/**
 * How each connection is set up, whatever the caller's client was: a command that cannot leave now is not kept for later, and one
 * whose reply was lost is not sent again behind our back. So it is known what became of each call.
 */
const OURS = {
  lazyConnect: true,
  enableOfflineQueue: false,
  autoResendUnfulfilledCommands: false,
  autoResubscribe: false,
  // A connection that breaks rejects what was under way, instead of keeping it until the next one.
  maxRetriesPerRequest: 0,
  keyPrefix: "",
  enableAutoPipelining: false,
  readOnly: false,
} as const satisfies Partial<RedisOptions>;

/** A client for commands. `role` is shown in `CLIENT LIST`. Not connected yet; it reconnects by itself. */
export function connect({ connectionString, client }: RedisSettings, role: string): Client {
  const connectionName = `revo-${role}`;
  const ours = { ...OURS, connectionName, retryStrategy: reconnectDelayMs };
  if (connectionString !== undefined) return new Redis(connectionString, ours);
  if (!isCluster(client)) return givenClient(client).duplicate(ours);
  return client.duplicate([], {
    lazyConnect: true,
    enableOfflineQueue: false,
    keyPrefix: "",
    scaleReads: "master",
    clusterRetryStrategy: reconnectDelayMs,
    // A command whose connection broke may have been carried out: it is ours to say so, not to be sent again unseen.
    retryDelayOnFailover: 0,
    redisOptions: { connectionName, autoResendUnfulfilledCommands: false, keyPrefix: "" },
  });
}

/**
 * A client for wakes, which ends when its connection breaks. In a cluster what is published is told to all nodes, so any will do;
 * `tries` picks one.
 */
export function connectSubscriber(
  { connectionString, client }: RedisSettings,
  commands: Client,
  tries: number,
): Redis {
  const ours = { ...OURS, connectionName: "revo-wakes", retryStrategy: () => null };
  if (isCluster(commands)) {
    const nodes = commands.nodes("master");
    const node = nodes[tries % nodes.length] ?? commands.nodes("all")[0];
    // Between two looks at the cluster it may know no node: the connection fails, and the next try asks again.
    return node === undefined ? new Redis(ours) : node.duplicate(ours);
  }
  if (connectionString !== undefined) return new Redis(connectionString, ours);
  return givenClient(client as Redis | undefined).duplicate(ours);
}

/** By what it says: the caller's ioredis may be another copy than ours. */
export function isCluster(client: Client | undefined): client is Cluster {
  return client?.isCluster === true;
}

/** How long to wait before the next connection, in milliseconds. */
export function reconnectDelayMs(tries: number): number {
  return Math.min(tries * RECONNECT_STEP_MS, MOST_RECONNECT_DELAY_MS);
}

function givenClient(client: Redis | undefined): Redis {
  if (client === undefined)
    throw new Error("settings have neither `connectionString` nor `client`");
  return client;
}
