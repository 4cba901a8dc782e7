import { type Db, MongoClient, type WriteConcernSettings } from "mongodb";
import { RevoError } from "@revojs/core";
import { type CallParts, runCall } from "./call.ts";
import { ClaimTrail } from "./claim-trail.ts";
import { ClaimWindow } from "./claim-window.ts";
import { collectionsOf } from "./collections.ts";
import { CLOCK_ID } from "./control-ids.ts";
import { DoubtfulClaims } from "./doubtful-claims.ts";
import { HungerBook } from "./hunger-book.ts";
import { KnownLeases } from "./known-leases.ts";
import { Link } from "./link.ts";
import type { Settings } from "./options.ts";
import { prepareSchema } from "./schema.ts";
import { Sleepers } from "./sleepers.ts";
import { SparseTask } from "./sparse-task.ts";
import { type Fed, tellOfScheduled, wakeFor } from "./operations/wake-for.ts";
import { ServerClock } from "./server-clock.ts";
import type { Store, WriteConcerns } from "./store.ts";
import { readTopology, type Topology } from "./topology.ts";
import { TransactionEnds } from "./transaction-ends.ts";
import { WakeListeners } from "./wake-listeners.ts";
import { WakeSender } from "./wake-sender.ts";
import { WakeChannel, type WakeChannelKind } from "./wake-up.ts";

/** An opened storage with what it opened. */
export interface Connection {
  readonly store: Store;
  readonly topology: Topology;
  readonly schemaVersion: number;
  readonly warnings: readonly string[];
  readonly listeners: WakeListeners;
  /** Absent: nothing can be heard here, and servers poll. */
  readonly wakes: WakeChannel | undefined;
  readonly close: () => Promise<void>;
}

/** Connects, looks what the server is, and finds or makes the storage. */
export async function connect(settings: Settings): Promise<Connection> {
  const { client, database, isOwn } = openDatabase(settings);
  const link = Link.of(client);
  try {
    const call: CallParts = { clock: settings.clock, timeoutMs: settings.timeoutMs, link };
    const topology = await runCall(call, async () => {
      if (isOwn) await client.connect();
      return readTopology(database);
    });
    return await build(settings, { client, database, isOwn, call, topology });
  } catch (error) {
    if (isOwn) await client.close().catch(() => {});
    throw error;
  }
}

interface Opened {
  readonly client: MongoClient;
  readonly database: Db;
  readonly isOwn: boolean;
}

interface Reached extends Opened {
  readonly call: CallParts;
  readonly topology: Topology;
}

async function build(
  settings: Settings,
  { client, database, isOwn, call, topology }: Reached,
): Promise<Connection> {
  const { clock, prefix } = settings;
  const collections = collectionsOf(database, prefix);
  const wantsCapped = settings.wakeUps === "auto" || settings.wakeUps === "tailable";
  const { identity, isCapped } = await prepareSchema(database, collections, {
    mode: settings.schema,
    capped: wantsCapped,
  });
  const kind = channelOf(settings.wakeUps, { isCapped, topology });
  const sleepers = new Sleepers();
  const listeners = new WakeListeners(sleepers);
  const wakes =
    kind === undefined
      ? undefined
      : new WakeChannel(kind, { wakes: collections.wakes, database }, { listeners, clock });
  const wakeSender = new WakeSender({
    collections,
    listeners,
    clock,
    canSend: kind !== undefined,
  });
  const transactionEnds = new TransactionEnds<Fed>(clock, (fed) => {
    // Neither rejects: a wake is a hint.
    void wakeFor({ wakeSender }, fed);
    void tellOfScheduled({ wakeSender }, fed);
  });
  const serverClock = new ServerClock(clock, settings.clockMaxAgeMs, async () => {
    const [row] = await collections.offset
      .aggregate<{ nowMs: number }>([
        { $match: { _id: CLOCK_ID } },
        { $project: { nowMs: { $add: [{ $toLong: "$$NOW" }, "$offsetMs"] } } },
      ])
      .toArray();
    if (row === undefined)
      throw new RevoError(
        "REVO_SCHEMA_OUTDATED",
        `The collection ${collections.offset.collectionName} was emptied: open the storage again`,
      );
    return { nowMs: row.nowMs };
  });
  const store: Store = {
    ...collections,
    client,
    database,
    settings,
    storageId: identity.storageId,
    serverClock,
    call,
    leases: new KnownLeases(),
    doubts: new DoubtfulClaims(clock),
    window: new ClaimWindow(settings.strictFifo),
    trail: new ClaimTrail(clock),
    hunger: new HungerBook(),
    sleepers,
    sparse: new SparseTask(),
    wakeSender,
    transactionEnds,
    concerns: concernsOf(settings, topology),
  };
  return {
    store,
    topology,
    schemaVersion: identity.schemaVersion,
    warnings: warningsFor(settings, topology, kind),
    listeners,
    wakes,
    close: async () => {
      transactionEnds.close();
      listeners.clear();
      await wakes?.close();
      await wakeSender.close();
      if (isOwn) await client.close();
    },
  };
}

function openDatabase({ source, timeoutMs }: Settings): Opened {
  if (source.kind === "given")
    return { client: source.db.client, database: source.db, isOwn: false };
  // What the connection string or the options say comes first.
  const defaults = { appName: "revo-jobs", serverSelectionTimeoutMS: timeoutMs };
  const ours = Object.entries(defaults).filter(([name]) => !source.url.includes(`${name}=`));
  const client = new MongoClient(source.url, { ...Object.fromEntries(ours), ...source.options });
  return { client, database: client.db(), isOwn: true };
}

function channelOf(
  wanted: Settings["wakeUps"],
  { isCapped, topology }: { readonly isCapped: boolean; readonly topology: Topology },
): WakeChannelKind | undefined {
  if (wanted === "none") return undefined;
  if (isCapped) return "tailable";
  return topology.kind === "standalone" || wanted === "tailable" ? undefined : "changeStream";
}

function concernsOf({ durability, timeoutMs }: Settings, topology: Topology): WriteConcerns {
  const safe: WriteConcernSettings =
    topology.kind === "standalone" || durability === "journal"
      ? { w: 1, j: true }
      : { w: "majority", wtimeoutMS: timeoutMs };
  return { quick: { w: 1, j: false }, safe };
}

function warningsFor(
  { durability, wakeUps }: Settings,
  topology: Topology,
  channel: WakeChannelKind | undefined,
): readonly string[] {
  const warnings: string[] = [];
  const isExpected = channel === "tailable" || channel === wakeUps || wakeUps === "none";
  if (!isExpected)
    warnings.push(
      channel === undefined
        ? "Nothing tells sleeping job servers of jobs here: there is no capped collection for wakes, so they poll"
        : "There is no capped collection for wakes: sleeping job servers hear of jobs by a change stream",
    );
  if (topology.kind === "standalone")
    warnings.push(
      "The MongoDB server is no replica set: jobs cannot be enqueued in transactions, and a lost disk loses them",
    );
  else if (topology.members < 3)
    warnings.push(
      `The replica set has ${topology.members} member${topology.members === 1 ? "" : "s"}: fewer than three survive the loss of none`,
    );
  if (durability === "journal" && topology.members > 2)
    warnings.push(
      'With `durability: "journal"` the loss of the primary may take the newest jobs with it',
    );
  return warnings;
}
