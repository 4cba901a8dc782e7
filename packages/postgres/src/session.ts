import type { StorageIdentity } from "@revojs/core";
import { ClaimFloors } from "./claim-floors.ts";
import type { Connections } from "./connections.ts";
import { Database } from "./database.ts";
import { prepareSchema } from "./migrate.ts";
import type { SchemaNames } from "./migrations/migration.ts";
import type { Settings } from "./options.ts";
import { makePools, type Pools } from "./own-pools.ts";
import { PartitionRoll } from "./partition-roll.ts";
import { wakeSleepers } from "./operations/wake-sleepers.ts";
import { WakePace } from "./wake-pace.ts";
import { WakeUps } from "./wake-up.ts";

/** What is there between `open` and `close`. */
export class Session implements Connections {
  readonly names: SchemaNames;
  readonly main: Database;
  readonly beats: Database;
  readonly floors: ClaimFloors = new ClaimFloors();
  readonly identity: StorageIdentity;
  readonly pace: WakePace;
  readonly wakeUps: WakeUps;
  readonly partitions: PartitionRoll;
  readonly #pools: Pools;
  readonly #calls = new Set<Promise<unknown>>();

  /**
   * Connects and looks at the schema.
   * @throws RevoError of the storage and schema codes; nothing stays open then.
   */
  static async open(settings: Settings): Promise<Session> {
    const pools = makePools(settings);
    try {
      const main = new Database(pools.main, settings);
      const { isNew, ...identity } = await prepareSchema(main.transaction, settings);
      const session = new Session(settings, { pools, main, identity });
      if (isNew) await session.partitions.roll();
      return session;
    } catch (error) {
      await pools.end();
      throw error;
    }
  }

  private constructor(
    settings: Settings,
    parts: { readonly pools: Pools; readonly main: Database; readonly identity: StorageIdentity },
  ) {
    this.names = settings.names;
    this.main = parts.main;
    this.identity = parts.identity;
    this.#pools = parts.pools;
    this.beats = new Database(parts.pools.beats, settings);
    this.partitions = new PartitionRoll(this, settings.partitionDays);
    const { schema, channel } = settings.names;
    this.pace = new WakePace((queues, jobs) => wakeSleepers(this, queues, jobs));
    this.wakeUps = new WakeUps({
      channel,
      makeClient: parts.pools.makeListener,
      deadlineMs: settings.deadlineMs,
      setSleeper: async (serverId, isSleeper) => {
        await this.main.run({
          name: `revo_sleeper_${isSleeper}`,
          text: isSleeper
            ? `insert into ${schema}.sleepers (server_id, queues) values ($1, '{}') on conflict (server_id) do nothing`
            : `delete from ${schema}.sleepers where server_id = $1`,
          values: [serverId],
          writes: true,
        });
      },
    });
  }

  get storageId(): string {
    return this.identity.storageId;
  }

  /** Keeps the session open until the call has ended. */
  async hold<T>(call: Promise<T>): Promise<T> {
    this.#calls.add(call);
    try {
      return await call;
    } finally {
      this.#calls.delete(call);
    }
  }

  async close(): Promise<void> {
    while (this.#calls.size > 0) await Promise.allSettled(this.#calls);
    this.pace.close();
    await this.wakeUps.close();
    await this.#pools.end();
  }
}
