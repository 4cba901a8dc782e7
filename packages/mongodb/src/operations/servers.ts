import type { HeartbeatReply, HeartbeatRequest, ServerRegistration } from "@revojs/core";
import type { Document } from "mongodb";
import type { CallProgress } from "../call.ts";
import { SERVER_RANGE, serverIdOf, serverKey } from "../control-ids.ts";
import { isDuplicateKey } from "../errors.ts";
import type { ServerDocument } from "../documents.ts";
import { toJobId } from "../ids.ts";
import type { Store } from "../store.ts";

/** Most deletions that one heartbeat tells. */
const MOST_DELETIONS = 1000;

/** Makes a job server known; a known one stays as it is. */
export async function register(
  store: Store,
  { serverId, leaseMs, info }: ServerRegistration,
  progress: CallProgress,
): Promise<HeartbeatReply> {
  const nowMs = await store.serverClock.nowMs();
  progress.writing();
  const beatAt = new Date(nowMs);
  const fresh = { beat: 1, beatAt, leaseMs, info, desired: "run" as const };
  const server = await upsert(store, serverKey(serverId), fresh);
  return reply(store, { server, serverId, peers: 0, nowMs });
}

/** Counts one beat of a living server. */
export async function heartbeat(
  store: Store,
  { serverId, info, peers }: HeartbeatRequest,
  progress: CallProgress,
): Promise<HeartbeatReply> {
  const nowMs = await store.serverClock.nowMs();
  progress.writing();
  const _id = serverKey(serverId);
  const beaten = await store.servers.findOneAndUpdate(
    { _id, lost: { $exists: false } },
    {
      $inc: { beat: 1 },
      $set: { beatAt: new Date(nowMs), ...(info !== undefined && { info }) },
    },
    { projection: WITHOUT_INFO, returnDocument: "after", writeConcern: store.concerns.quick },
  );
  const server =
    beaten ?? (await store.servers.findOne({ _id }, { projection: WITHOUT_INFO })) ?? undefined;
  if (server === undefined || server.lost === true) {
    store.leases.forgetServer(serverId);
    store.hunger.forget(serverId);
    store.sleepers.isWoken(serverId);
  }
  return server === undefined
    ? replyToUnknown(store, nowMs)
    : reply(store, { server, serverId, peers, nowMs });
}

/** Lost at once: what it still holds is anybody's to recover. One that holds nothing is forgotten. */
export async function unregister(
  store: Store,
  serverId: string,
  progress: CallProgress,
): Promise<void> {
  progress.writing();
  await store.servers.updateOne(
    { _id: serverKey(serverId) },
    { $set: { lost: true }, $unset: { hungry: "" } },
    { writeConcern: store.concerns.safe },
  );
  store.leases.forgetServer(serverId);
  store.hunger.forget(serverId);
  store.sleepers.isWoken(serverId);
  await forgetIfIdle(store, serverId);
}

/** Forgets a lost server that holds nothing. @returns Whether it does hold something. */
export async function forgetIfIdle(store: Store, serverId: string): Promise<boolean> {
  const held = await store.jobs.findOne(
    { state: "processing", server: serverId },
    { projection: { _id: 1 }, hint: "held" },
  );
  if (held !== null) return true;
  await store.servers.deleteOne(
    { _id: serverKey(serverId), lost: true },
    { writeConcern: store.concerns.safe },
  );
  return false;
}

const WITHOUT_INFO = { info: 0, hungry: 0 } as const;

async function upsert(
  store: Store,
  _id: string,
  fresh: Omit<ServerDocument, "_id">,
): Promise<ServerDocument> {
  for (let tries = 0; ; tries++) {
    try {
      const server = await store.servers.findOneAndUpdate(
        { _id },
        { $setOnInsert: fresh },
        { upsert: true, returnDocument: "after", writeConcern: store.concerns.safe },
      );
      if (server !== null) return server;
    } catch (error) {
      // Two upserts of one id: the other one was first.
      if (!isDuplicateKey(error) || tries > 3) throw error;
    }
  }
}

interface Asked {
  readonly server: Pick<ServerDocument, "lost" | "beat" | "desired">;
  readonly serverId: string;
  readonly peers: number;
  readonly nowMs: number;
}

async function reply(
  store: Store,
  { server, serverId, peers, nowMs }: Asked,
): Promise<HeartbeatReply> {
  const { deletions, others } = await readBeside(store, serverId, peers);
  return {
    lease: server.lost === true ? "lost" : "held",
    storageId: store.storageId,
    storageNow: new Date(nowMs),
    beat: server.beat,
    desired: server.desired,
    deletions,
    peers: others.map(({ _id, beat, leaseMs, lost }) => ({
      serverId: serverIdOf(_id),
      beat,
      leaseMs,
      lost: lost === true,
    })),
  };
}

function replyToUnknown({ storageId }: Store, nowMs: number): HeartbeatReply {
  return {
    lease: "lost",
    storageId,
    storageNow: new Date(nowMs),
    beat: 0,
    desired: "run",
    deletions: [],
    peers: [],
  };
}

/** One command for both: the jobs to be deleted, and the servers that follow by id, going round. */
async function readBeside(
  store: Store,
  serverId: string,
  peers: number,
): Promise<{ readonly deletions: readonly string[]; readonly others: readonly ServerDocument[] }> {
  const rows = await store.jobs
    .aggregate(
      [
        { $match: { state: "processing", server: serverId, deletion: { $exists: true } } },
        { $sort: { _id: 1 } },
        { $limit: MOST_DELETIONS },
        { $project: { _id: 1 } },
        ...(peers === 0 ? [] : peersAround(store, serverKey(serverId), peers)),
      ],
      { hint: "deletions", batchSize: MOST_DELETIONS + 2 * peers + 1 },
    )
    .toArray();
  const deletions = rows.flatMap(({ _id }) => (typeof _id === "string" ? [] : [toJobId(_id)]));
  const others = rows.filter(({ _id }) => typeof _id === "string") as unknown as ServerDocument[];
  return { deletions, others: others.slice(0, peers) };
}

function peersAround(store: Store, key: string, peers: number): Document[] {
  const union = (match: Document): Document => ({
    $unionWith: {
      coll: store.servers.collectionName,
      pipeline: [
        { $match: { _id: match } },
        { $sort: { _id: 1 } },
        { $limit: peers },
        { $project: { beat: 1, leaseMs: 1, lost: 1 } },
      ],
    },
  });
  return [union({ $gt: key, $lt: SERVER_RANGE.to }), union({ $gte: SERVER_RANGE.from, $lt: key })];
}
