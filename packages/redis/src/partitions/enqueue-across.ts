import {
  type EnqueueRequest,
  type EnqueueResult,
  type JobId,
  type NewJob,
  RevoError,
} from "@revojs/core";
import type { Connection } from "../connection.ts";
import { durableSender } from "../durable-enqueue.ts";
import { groupsOf, partsOf } from "../enqueue.ts";
import { toShortId, toUuid } from "../job-ids.ts";
import { defineScript } from "../script.ts";
import { ENQUEUE_IN_PARTITION } from "../scripts/partition-enqueue.ts";
import { NOW } from "../scripts/partition-ids.ts";
import { giveUp, locate, type Place, type Pointer, point } from "./locate.ts";
import type { Partitions } from "./partitions.ts";
import { after, together } from "./together.ts";

const script = defineScript<readonly string[]>(
  "enqueue-in-partition",
  "writes",
  ENQUEUE_IN_PARTITION,
);
const nowScript = defineScript<number>("now", "reads", NOW);

const CREATED: EnqueueResult = Object.freeze({ kind: "created" });
const EXISTS: EnqueueResult = Object.freeze({ kind: "exists" });
const PARENT_UNKNOWN: EnqueueResult = Object.freeze({ kind: "rejected", reason: "parent-unknown" });

/** Each is needed only when another call with the same id came in between. */
const MOST_ROUNDS = 20;

/** Where new jobs go, and how. */
export interface EnqueueTarget {
  readonly partitions: Partitions;
  /** Where enqueues wait for a replica or the disk. */
  readonly durable: Connection | undefined;
}

/** A new job on its way into its partition. */
interface Item {
  readonly job: NewJob;
  readonly home: number;
  result?: EnqueueResult;
  /** With an id of another partition: the number of its pointer; `-`: none yet. */
  sequence?: string;
}

/**
 * Stores new jobs, each in the partition of its key, or else of its id. All of a call have one time, so that their order does not
 * hang on which partition was the quicker.
 */
export async function enqueueAcross(
  target: EnqueueTarget,
  { jobs }: EnqueueRequest,
): Promise<readonly EnqueueResult[]> {
  const results: EnqueueResult[] = [];
  // Of two with one id, the first is to be created.
  for (const segment of segmentsOf(jobs)) {
    const stored = enqueueSegment(target, segment);
    results.push(...(await (results.length === 0 ? stored : after(stored))));
  }
  return results;
}

function* segmentsOf(jobs: readonly NewJob[]): Generator<readonly NewJob[]> {
  let segment: NewJob[] = [];
  const seen = new Set<JobId>();
  for (const job of jobs) {
    if (seen.has(job.id)) {
      yield segment;
      segment = [];
      seen.clear();
    }
    seen.add(job.id);
    segment.push(job);
  }
  if (segment.length > 0) yield segment;
}

async function enqueueSegment(
  target: EnqueueTarget,
  jobs: readonly NewJob[],
): Promise<readonly EnqueueResult[]> {
  const { partitions } = target;
  const items = jobs.map((job): Item => ({ job, home: partitions.homeOf(job.id) }));
  const groups = new Map<number, Item[]>();
  const away: Item[] = [];
  for (const item of items) {
    // Without the facet `workflows` there are no parents.
    if (item.job.start.kind === "after") {
      item.result = PARENT_UNKNOWN;
      continue;
    }
    const partition = partitions.of(item.job);
    if (partition !== item.home) {
      item.sequence = "-";
      away.push(item);
    }
    groups.set(partition, [...(groups.get(partition) ?? []), item]);
  }
  await findStored(partitions, away);
  const stamp = groups.size > 1 ? String(await partitions.first.run(nowScript, [])) : "";
  await together(
    "writes",
    [...groups].map(([partition, group]) => storeIn(target, { partition, stamp }, group)),
  );
  return items.map(({ result }) => result ?? EXISTS);
}

/** Which of these are stored already, wherever. */
async function findStored(partitions: Partitions, items: readonly Item[]): Promise<void> {
  const places = await locate(
    partitions,
    items.map(({ job }) => job.id),
  );
  await takePlaces(partitions, items, places);
}

/** A job that is there exists; a pointer to another partition holds only if it leads to one. */
async function takePlaces(
  partitions: Partitions,
  items: readonly Item[],
  places: readonly Place[],
): Promise<void> {
  const doubtful: { readonly item: Item; readonly pointer: Pointer }[] = [];
  for (const [index, item] of items.entries()) {
    const place = places[index];
    if (place === "job") item.result = EXISTS;
    else if (typeof place === "object" && place.partition !== partitions.of(item.job))
      doubtful.push({ item, pointer: place });
  }
  const isThere = await giveUp(
    partitions,
    doubtful.map(({ pointer }) => pointer),
  );
  for (const [index, { item }] of doubtful.entries()) {
    if (isThere[index] === true) item.result = EXISTS;
  }
}

async function storeIn(
  target: EnqueueTarget,
  place: { readonly partition: number; readonly stamp: string },
  group: readonly Item[],
): Promise<void> {
  const open = new Map(
    group.filter((item) => item.result === undefined).map((item) => [item.job, item]),
  );
  // One part after the other: jobs of one key take effect in order.
  for (const part of partsOf([...open.keys()])) {
    let waiting = part.flatMap((job) => open.get(job) ?? []);
    // Most keys that are held need no pointer.
    await sendOnce(target, place, firstOfKeys(waiting));
    for (let round = 0; ; round++) {
      waiting = waiting.filter((item) => item.result === undefined);
      await pointAll(target, waiting);
      waiting = waiting.filter((item) => item.result === undefined);
      if (waiting.length === 0) break;
      if (round === MOST_ROUNDS) throw conflictError();
      await sendOnce(target, place, waiting);
    }
  }
}

/** Jobs with an id of another partition, but for those that come after another with their key: these wait for what becomes of it. */
function firstOfKeys(items: readonly Item[]): readonly Item[] {
  const keys = new Set<string>();
  return items.filter(({ job, sequence }) => {
    if (job.unique === undefined || keys.has(job.unique.key)) return false;
    keys.add(job.unique.key);
    return sequence !== undefined;
  });
}

/** Sends jobs once. Those without a result afterwards need a pointer, or come after such a job. */
async function sendOnce(
  { partitions, durable }: EnqueueTarget,
  { partition, stamp }: { readonly partition: number; readonly stamp: string },
  items: readonly Item[],
): Promise<void> {
  if (items.length === 0) return;
  const store = partitions.at(partition);
  const away = items.flatMap(({ job, sequence }) =>
    sequence === undefined ? [] : [toShortId(job.id), sequence],
  );
  const values = [stamp, away.length / 2, ...away, ...groupsOf(items.map(({ job }) => job))];
  const send =
    durable === undefined
      ? store.run(script, values)
      : durableSender(store, durable, script)(values);
  const [letters = "", ...holders] = await send;
  let next = 0;
  const found: Item[] = [];
  const unneeded: Pointer[] = [];
  for (const [index, item] of items.entries()) {
    const letter = letters.charAt(index);
    if (letter === "c") item.result = CREATED;
    else if (letter === "e") {
      item.result = EXISTS;
      if (item.sequence === undefined) found.push(item);
    } else if (letter === "d" || letter === "r") {
      const jobId = toUuid(holders[next++] ?? "");
      item.result = { kind: letter === "r" ? "replaced" : "duplicate", jobId };
      const { sequence } = item;
      if (sequence !== undefined && sequence !== "-")
        unneeded.push({ id: item.job.id, partition, sequence });
    }
  }
  await after(giveUp(partitions, unneeded));
  await after(confirmFound(partitions, found));
}

/** What was found in its own home may be a pointer that leads nowhere. */
async function confirmFound(partitions: Partitions, items: readonly Item[]): Promise<void> {
  if (items.length === 0) return;
  const ids = items.map(({ job }) => job.id);
  const places = await locate(partitions, ids);
  const pointed = items.filter((_, index) => typeof places[index] === "object");
  for (const item of pointed) delete item.result;
  await takePlaces(
    partitions,
    pointed,
    places.filter((place) => typeof place === "object"),
  );
}

async function pointAll(
  { partitions, durable }: EnqueueTarget,
  items: readonly Item[],
): Promise<void> {
  const away = items.filter((item) => item.sequence !== undefined);
  const jobs = away.map(({ job }) => ({ id: job.id, partition: partitions.of(job) }));
  const answers = await after(point(partitions, jobs, durable));
  const places = answers.map((answer, index): Place => {
    if (typeof answer === "string" || "partition" in answer) return answer;
    const item = away[index];
    if (item !== undefined) item.sequence = answer.sequence;
    return "nothing";
  });
  await after(takePlaces(partitions, away, places));
}

function conflictError(): RevoError {
  const message = `A job could not be stored in ${MOST_ROUNDS} rounds: others with its id were stored and removed meanwhile, again and again`;
  return new RevoError("REVO_STORAGE_OUTCOME_UNKNOWN", message);
}
