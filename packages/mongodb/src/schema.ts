import { randomUUID } from "node:crypto";
import { RevoError } from "@revojs/core";
import { type Collection, type Db, type IndexDescription, Timestamp } from "mongodb";
import { type Collections, CONTROL_INDEXES, JOB_INDEXES, LOG_INDEXES } from "./collections.ts";
import { CLOCK_ID, STORAGE_ID } from "./control-ids.ts";
import type { StorageDocument } from "./documents.ts";
import { isDuplicateKey, serverCodeOf } from "./errors.ts";

/** Of documents and indexes. */
const SCHEMA_VERSION = 1;

const WAKES_BYTES = 1024 * 1024;
const NAMESPACE_EXISTS = 48;
const MAJORITY = { w: "majority" } as const;

type NamedIndex = IndexDescription & { readonly name: string };

/** How the collections are prepared. */
export interface SchemaOptions {
  readonly mode: "create" | "check";
  /** A capped collection for wakes is wanted. */
  readonly capped: boolean;
}

/** What was found or made. */
export interface Schema {
  readonly identity: StorageDocument;
  readonly isCapped: boolean;
}

/**
 * Finds the storage, or makes it. Twice, and in several processes at once, is once.
 * @throws RevoError `REVO_SCHEMA_FOREIGN`, `REVO_SCHEMA_TOO_NEW`, `REVO_SCHEMA_OUTDATED`: nothing was written.
 */
export async function prepareSchema(
  database: Db,
  collections: Collections,
  { mode, capped }: SchemaOptions,
): Promise<Schema> {
  const known = await collections.identity.findOne({ _id: STORAGE_ID });
  if (known === null) {
    if (mode === "check") throw outdated(collections, "has no storage yet");
    await assertOurs(collections);
  } else if (known.schemaVersion > SCHEMA_VERSION) throw tooNew(known);
  const isCapped = capped && (await prepareWakes(database, collections, mode));
  const plan: readonly (readonly [Collection<never>, readonly NamedIndex[]])[] = [
    [collections.jobs as unknown as Collection<never>, JOB_INDEXES],
    [collections.logs as unknown as Collection<never>, LOG_INDEXES],
    [collections.servers as unknown as Collection<never>, CONTROL_INDEXES],
  ];
  await Promise.all(plan.map(([collection, indexes]) => prepareIndexes(collection, indexes, mode)));
  await Promise.all([
    insertOnce(collections.offset, { _id: CLOCK_ID, offsetMs: 0 }),
    insertOnce(collections.identity, {
      _id: STORAGE_ID,
      storageId: randomUUID(),
      schemaVersion: SCHEMA_VERSION,
    }),
  ]);
  const identity = await collections.identity.findOne({ _id: STORAGE_ID });
  if (identity === null) throw outdated(collections, "lost its storage while it was opened");
  return { identity, isCapped };
}

/** A collection of that name which holds something and no storage of ours is somebody else's. */
async function assertOurs(collections: Collections): Promise<void> {
  for (const collection of [collections.jobs, collections.servers]) {
    const document = await (collection as unknown as Collection).findOne(
      {},
      { projection: { _id: 1 } },
    );
    const id: unknown = document?._id;
    const isOther = document !== null && id !== CLOCK_ID && id !== STORAGE_ID;
    if (isOther)
      throw new RevoError(
        "REVO_SCHEMA_FOREIGN",
        `The collection ${collection.collectionName} holds documents that are no job storage: choose another \`prefix\``,
      );
  }
}

/** @returns Whether there is a capped collection now; some services do not have such. */
async function prepareWakes(
  database: Db,
  { wakes }: Collections,
  mode: SchemaOptions["mode"],
): Promise<boolean> {
  if (mode === "create") {
    try {
      await database.createCollection(wakes.collectionName, { capped: true, size: WAKES_BYTES });
    } catch (error) {
      if (serverCodeOf(error) !== NAMESPACE_EXISTS) return false;
    }
  }
  const isCapped = await wakes.isCapped().catch(() => false);
  // A cursor on an empty capped collection ends at once.
  if (isCapped && (await wakes.findOne({}, { projection: { _id: 1 } })) === null)
    await wakes.insertOne({ at: new Timestamp({ t: 0, i: 0 }), to: [], cause: "seed" });
  return isCapped;
}

async function prepareIndexes(
  collection: Collection<never>,
  indexes: readonly NamedIndex[],
  mode: SchemaOptions["mode"],
): Promise<void> {
  const present = await namesOf(collection);
  const missing = indexes.filter(({ name }) => !present.has(name));
  if (missing.length === 0) return;
  if (mode === "check") {
    const names = missing.map(({ name }) => name).join(", ");
    throw new RevoError(
      "REVO_SCHEMA_OUTDATED",
      `The collection ${collection.collectionName} lacks the indexes ${names}: open the storage once with \`schema: "create"\``,
    );
  }
  await collection.createIndexes([...missing]);
}

async function namesOf(collection: Collection<never>): Promise<ReadonlySet<string>> {
  const NAMESPACE_NOT_FOUND = 26;
  try {
    const indexes = await collection.listIndexes().toArray();
    return new Set(indexes.map(({ name }) => String(name)));
  } catch (error) {
    if (serverCodeOf(error) === NAMESPACE_NOT_FOUND) return new Set();
    throw error;
  }
}

async function insertOnce<T extends { readonly _id: string }>(
  collection: Collection<T>,
  document: NoInfer<T>,
): Promise<void> {
  const { _id, ...rest } = document;
  try {
    await (collection as unknown as Collection<{ _id: string }>).updateOne(
      { _id },
      { $setOnInsert: rest },
      { upsert: true, writeConcern: MAJORITY },
    );
  } catch (error) {
    // Another process was quicker.
    if (!isDuplicateKey(error)) throw error;
  }
}

function outdated({ identity }: Collections, what: string): RevoError {
  return new RevoError(
    "REVO_SCHEMA_OUTDATED",
    `The collection ${identity.collectionName} ${what}: open the storage once with \`schema: "create"\``,
  );
}

function tooNew({ schemaVersion }: StorageDocument): RevoError {
  return new RevoError(
    "REVO_SCHEMA_TOO_NEW",
    `The storage has schema version ${schemaVersion}, this package knows ${SCHEMA_VERSION}: update @revojs/mongodb`,
  );
}
