import { type OwnServer, ownServer } from "@revojs/conformance/servers";
import { Cluster, Redis } from "ioredis";

/** Three masters that share the slots, on this machine. */
export interface ClusterOfThree extends AsyncDisposable {
  /** A client of the cluster. */
  readonly connect: () => Cluster;
  /** Ends one of the masters at once. */
  readonly crash: (index: number) => Promise<void>;
}

const SLOTS = 16_384;
const PASSWORD = "cluster";

/** Starts the cluster, or says why it cannot. */
export async function startCluster(): Promise<ClusterOfThree | { readonly reason: string }> {
  const servers: OwnServer[] = [];
  for (let index = 0; index < 3; index++) {
    const found = await ownServer("redis", {
      local: true,
      password: PASSWORD,
      arguments: [
        "--cluster-enabled",
        "yes",
        "--cluster-node-timeout",
        "2000",
        "--masterauth",
        PASSWORD,
      ],
    });
    if (found.kind === "missing") {
      for (const server of servers) await server.stop();
      return { reason: found.reason };
    }
    servers.push(found.server);
  }
  const nodes = servers.map(({ url }) => new Redis(url));
  const ports = servers.map(({ url }) => Number(new URL(url).port));
  try {
    for (const [index, node] of nodes.entries()) {
      const first = Math.floor((index * SLOTS) / 3);
      const last = Math.floor(((index + 1) * SLOTS) / 3) - 1;
      const slots = Array.from({ length: last - first + 1 }, (_, slot) => first + slot);
      await node.call("CLUSTER", "ADDSLOTS", ...slots);
    }
    for (const port of ports.slice(1)) await nodes[0]?.cluster("MEET", "127.0.0.1", port);
    for (const node of nodes) await untilWhole(node);
  } finally {
    for (const node of nodes) node.disconnect();
  }
  return {
    connect: () =>
      new Cluster(
        ports.map((port) => ({ host: "127.0.0.1", port })),
        { redisOptions: { password: PASSWORD } },
      ),
    crash: async (index) => servers[index]?.crash(),
    [Symbol.asyncDispose]: async () => {
      for (const server of servers) await server.stop();
    },
  };
}

/** The nodes tell each other who has which slots; nobody can be asked to be told. */
async function untilWhole(node: Redis): Promise<void> {
  for (;;) {
    const info = await node.cluster("INFO");
    if (/cluster_state:ok/.test(info) && /cluster_known_nodes:3/.test(info)) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
