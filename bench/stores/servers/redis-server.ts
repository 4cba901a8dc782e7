import { setTimeout as sleep } from "node:timers/promises";
import type { OwnServer } from "@revojs/conformance/servers";
import { Redis } from "ioredis";
import { DelayedUrls } from "./delayed-urls.ts";
import { processCpuMs, programOf } from "./process-cpu.ts";
import type { StoreServer } from "./store-server.ts";

const OWN_KEY = "revo-bench";
const LOOKS = 100_000;
const LOOK = "for _ = 1, ARGV[1] do redis.call('EXISTS', KEYS[1]) end";

const reported = ["appendonly", "appendfsync", "save", "maxmemory-policy"];

export class RedisServer implements StoreServer {
  readonly store = "redis";
  readonly description: string;
  readonly settings: Readonly<Record<string, string>>;
  readonly #server: OwnServer;
  readonly #urls: DelayedUrls;
  readonly #client: Redis;
  readonly #pid: number;

  private constructor(
    server: OwnServer,
    client: Redis,
    settings: Record<string, string>,
    pid: number,
  ) {
    this.#server = server;
    this.#client = client;
    this.description = server.description;
    this.settings = settings;
    this.#pid = pid;
    this.#urls = new DelayedUrls(server.url);
  }

  static async open(server: OwnServer): Promise<RedisServer> {
    const client = new Redis(server.url);
    // Everything of the database in the URL is deleted again and again.
    if (server.source === "url" && (await client.dbsize()) > 0) {
      client.disconnect();
      throw new Error("The Redis database that REVO_TEST_REDIS_URL names is not empty");
    }
    const settings: Record<string, string> = {};
    for (const name of reported) {
      const [, value = ""] = await client.config("GET", name);
      settings[name] = value;
    }
    const pid = Number(await infoValue(client, "server", "process_id"));
    const isHere = /^(redis|valkey)/.test(programOf(pid));
    return new RedisServer(server, client, settings, isHere ? pid : Number.NaN);
  }

  url(rttMs: number): Promise<string> {
    return this.#urls.url(rttMs);
  }

  async reset(): Promise<void> {
    await this.#client.flushdb("SYNC");
    await this.#client.script("FLUSH");
  }

  /**
   * What was stored makes the server write its file anew, in a process that takes a processor for itself, and then enlarge its table
   * of keys, a bucket at each access: as many accesses as there may be buckets get that done.
   */
  async settle(): Promise<void> {
    const rewriting = async (name: string): Promise<boolean> =>
      (await infoValue(this.#client, "persistence", name)) === "1";
    while (
      (await rewriting("aof_rewrite_in_progress")) ||
      (await rewriting("aof_rewrite_scheduled"))
    )
      await sleep(50);
    const keys = await this.#client.dbsize();
    // A new key makes it begin.
    await this.#client.set(OWN_KEY, "");
    for (let looked = 0; looked < keys * 4; looked += LOOKS)
      await this.#client.eval(LOOK, 1, OWN_KEY, LOOKS);
    await this.#client.del(OWN_KEY);
  }

  cpuMs(): number {
    return processCpuMs(this.#pid);
  }

  /** By MONITOR: the server's own count has what scripts call as well. */
  async countCommands(ms: number): Promise<number> {
    const monitor = await this.#client.monitor();
    let count = 0;
    monitor.on("monitor", (_time: string, _command: string[], source: string) => {
      if (source !== "lua") count += 1;
    });
    await sleep(ms);
    monitor.disconnect();
    return count;
  }

  async storedBytes(): Promise<number> {
    return Number(await infoValue(this.#client, "memory", "used_memory"));
  }

  async sizes(): Promise<{ tables: number; indexes: number }> {
    return { tables: await this.storedBytes(), indexes: 0 };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#urls.stop();
    if (this.#server.source === "url") await this.#client.flushdb();
    this.#client.disconnect();
    await this.#server.stop();
  }
}

async function infoValue(client: Redis, section: string, name: string): Promise<string> {
  const info = await client.info(section);
  return new RegExp(`^${name}:(\\S+)`, "m").exec(info)?.[1] ?? "";
}
