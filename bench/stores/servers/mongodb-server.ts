import { setTimeout as sleep } from "node:timers/promises";
import type { OwnServer } from "@revojs/conformance/servers";
import { type Document, MongoClient } from "mongodb";
import { DelayedUrls } from "./delayed-urls.ts";
import { processCpuMs, programOf } from "./process-cpu.ts";
import { DATABASE, type StoreServer } from "./store-server.ts";

export class MongodbServer implements StoreServer {
  readonly store = "mongodb";
  readonly description: string;
  readonly settings: Readonly<Record<string, string>>;
  readonly #server: OwnServer;
  readonly #urls: DelayedUrls;
  readonly #client: MongoClient;
  readonly #pid: number;

  private constructor(server: OwnServer, client: MongoClient, status: Document) {
    this.#server = server;
    this.#client = client;
    this.description = server.description;
    this.settings = {
      engine: String(status["storageEngine"]?.name),
      replicaSet: String(status["repl"]?.setName ?? "none"),
    };
    const pid = Number(status["pid"]);
    this.#pid = programOf(pid).startsWith("mongod") ? pid : Number.NaN;
    const url = new URL(server.url);
    url.pathname = `/${DATABASE}`;
    this.#urls = new DelayedUrls(url.href);
  }

  static async open(server: OwnServer): Promise<MongodbServer> {
    const client = await new MongoClient(server.url).connect();
    const status = await client.db("admin").command({ serverStatus: 1 });
    return new MongodbServer(server, client, status);
  }

  url(rttMs: number): Promise<string> {
    return this.#urls.url(rttMs);
  }

  async reset(): Promise<void> {
    await this.#client.db(DATABASE).dropDatabase();
  }

  async settle(): Promise<void> {
    await this.#client.db("admin").command({ fsync: 1 });
  }

  cpuMs(): number {
    return processCpuMs(this.#pid);
  }

  async countCommands(ms: number): Promise<number> {
    const count = async (): Promise<number> => {
      const { opcounters } = await this.#client.db("admin").command({ serverStatus: 1 });
      return Object.values(opcounters as Record<string, number>).reduce((a, b) => a + b, 0);
    };
    const before = await count();
    await sleep(ms);
    // The second look is counted itself.
    return (await count()) - before - 1;
  }

  async holdSnapshot(): Promise<AsyncDisposable> {
    const session = this.#client.startSession();
    session.startTransaction({ readConcern: { level: "snapshot" } });
    await this.#client.db(DATABASE).collection("any").findOne({}, { session });
    return {
      async [Symbol.asyncDispose]() {
        // The server ends it by itself after a minute.
        await session.abortTransaction().catch(() => {});
        await session.endSession();
      },
    };
  }

  async storedBytes(): Promise<number> {
    await this.settle();
    const { tables, indexes } = await this.sizes();
    return tables + indexes;
  }

  async sizes(): Promise<{ tables: number; indexes: number }> {
    const stats = await this.#client.db(DATABASE).command({ dbStats: 1 });
    return { tables: Number(stats["storageSize"]), indexes: Number(stats["indexSize"]) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#urls.stop();
    await this.#client.db(DATABASE).dropDatabase();
    await this.#client.close();
    await this.#server.stop();
  }
}
