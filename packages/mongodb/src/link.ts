import {
  type MongoClient,
  MongoNetworkError,
  type ServerDescriptionChangedEvent,
  type TopologyDescriptionChangedEvent,
} from "mongodb";

const WRITABLE = new Set<string>(["RSPrimary", "Standalone", "Mongos", "LoadBalancer"]);

/** One for each client, however many storages share it. */
const links = new WeakMap<MongoClient, Link>();

/**
 * What the driver notices of its servers. It repeats a write on its own after the network broke, and tells of the second try
 * only; and while there is no primary it keeps a command back. Whether a command may have been carried out rests on both.
 */
export class Link {
  #networkErrors = 0;
  #isWritable: boolean | undefined;

  /** The link of `client`. It listens as long as the client lives. */
  static of(client: MongoClient): Link {
    let link = links.get(client);
    if (link === undefined) {
      link = new Link(client);
      links.set(client, link);
    }
    return link;
  }

  private constructor(client: MongoClient) {
    client.on("serverDescriptionChanged", ({ newDescription }: ServerDescriptionChangedEvent) => {
      if (newDescription.error instanceof MongoNetworkError) this.#networkErrors++;
    });
    client.on(
      "topologyDescriptionChanged",
      ({ newDescription }: TopologyDescriptionChangedEvent) => {
        const servers = [...newDescription.servers.values()];
        this.#isWritable = servers.some(({ type }) => WRITABLE.has(type));
      },
    );
  }

  /** Connections that broke so far: a difference tells that a command's first try may have been lost after it was carried out. */
  get networkErrors(): number {
    return this.#networkErrors;
  }

  /** `false`: no server that takes writes is known now. `undefined`: nobody has said yet. */
  get isWritable(): boolean | undefined {
    return this.#isWritable;
  }
}
