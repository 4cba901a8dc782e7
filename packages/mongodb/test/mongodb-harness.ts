import { randomBytes } from "node:crypto";
import type { IStorageHarness, StorageUnderTest } from "@revojs/conformance";
import { type Binary, type Db, MongoClient, UUID } from "mongodb";
import { MongodbJobStorage } from "../src/mongodb-job-storage.ts";
import type { MongodbJobStorageOptions } from "../src/options.ts";

type Options = Omit<MongodbJobStorageOptions, "db" | "url">;

/** More jobs than this are removed with their database. */
const MOST_EMPTIED = 5000;

/**
 * A variant of the storage as the conformance suite wants it: a database of its own for each case, one client for all. Making a
 * database with its indexes takes longer than most cases, so they are emptied and used again.
 */
export class MongodbHarness implements IStorageHarness {
  readonly name: string;
  readonly #url: string;
  readonly #options: Options;
  readonly #free: Db[] = [];
  #client: Promise<MongoClient> | undefined;

  constructor(name: string, url: string, options: Options = {}) {
    this.name = name;
    this.#url = url;
    this.#options = options;
  }

  async create(): Promise<StorageUnderTest> {
    this.#client ??= new MongoClient(this.#url).connect();
    const client = await this.#client;
    const database = this.#free.pop() ?? client.db(`revo_${randomBytes(8).toString("hex")}`);
    return aStore({ client, database, options: this.#options }, async () => {
      if (await empty(database)) this.#free.push(database);
      else await database.dropDatabase();
    });
  }

  async close(): Promise<void> {
    for (const database of this.#free) await database.dropDatabase();
    await (await this.#client)?.close();
  }
}

/** The worker's wall clock ought to have nowhere to enter: the storage goes by the server's and by this process's monotonic one. */
function aStore(
  {
    client,
    database,
    options,
  }: { readonly client: MongoClient; readonly database: Db; readonly options: Options },
  dispose: () => Promise<void>,
): StorageUnderTest {
  // The server's clock is asked in each call, so that moving it takes effect at once.
  const aClient = (): MongodbJobStorage =>
    new MongodbJobStorage({ db: database, clockMaxAgeMs: 0, ...options });
  const advance = async (byMs: number): Promise<void> => {
    const control = database.collection<{ _id: string }>("revo_control");
    await control.updateOne({ _id: "clock" }, { $inc: { offsetMs: byMs } });
  };
  return {
    storage: aClient(),
    slackMs: 5000,
    second: async () => aClient(),
    setBack: (byMs) => advance(-byMs),
    advance,
    work: workOf(database),
    snapshot: () => snapshotOf(database),
    corrupt: async (jobId) => {
      const jobs = database.collection<{ _id: Binary }>("revo_jobs");
      await jobs.updateOne({ _id: new UUID(jobId) }, { $set: { payload: 42 } });
    },
    beginTransaction: async () => {
      const session = client.startSession();
      session.startTransaction();
      return {
        transaction: session,
        commit: async () => {
          await session.commitTransaction();
          await session.endSession();
        },
        rollback: async () => {
          await session.abortTransaction();
          await session.endSession();
        },
      };
    },
    dispose,
  };
}

/** @returns `false`: it is not worth while. */
async function empty(database: Db): Promise<boolean> {
  const { was } = await database.command({ profile: 0 });
  const count = await database.collection("revo_jobs").estimatedDocumentCount();
  if (was !== 0 || count > MOST_EMPTIED) return false;
  for (const name of ["jobs", "control", "logs", "metrics"]) {
    await database.collection(`revo_${name}`).deleteMany({});
  }
  return true;
}

/** Index keys and documents that the server looked at, by its profiler, which is switched on when somebody first asks. */
function workOf(database: Db): () => Promise<number> {
  let isCounting = false;
  return async () => {
    if (!isCounting) await database.command({ profile: 2 });
    isCounting = true;
    const looked = ["$keysExamined", "$docsExamined"].map((field) => ({ $ifNull: [field, 0] }));
    const [sum] = await database
      .collection("system.profile")
      .aggregate([
        { $match: { ns: { $regex: /\.revo_/ } } },
        { $group: { _id: null, work: { $sum: { $add: looked } } } },
      ])
      .toArray();
    return Number(sum?.["work"] ?? 0);
  };
}

/** All that is stored but the clock, which goes on. */
async function snapshotOf(database: Db): Promise<() => Promise<void>> {
  const allButClock = { _id: { $ne: "clock" } };
  const collections = ["jobs", "control", "logs", "metrics"].map((name) =>
    database.collection<{ _id: string }>(`revo_${name}`),
  );
  const saved = await Promise.all(
    collections.map(async (collection) => ({
      collection,
      documents: await collection.find(allButClock).toArray(),
    })),
  );
  return async () => {
    for (const { collection, documents } of saved) {
      await collection.deleteMany(allButClock);
      if (documents.length > 0) await collection.insertMany(documents);
    }
  };
}
