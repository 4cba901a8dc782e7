import type { JobId } from "@revojs/core";
import type { Connection } from "../connection.ts";
import { durableSender } from "../durable-enqueue.ts";
import { joinShortIds, toShortId, toUuid } from "../job-ids.ts";
import { defineScript } from "../script.ts";
import { DUE_POINTERS, FENCE, LOCATE, POINT, RECHECK, UNPOINT } from "../scripts/partition-ids.ts";
import type { Partitions } from "./partitions.ts";
import { spread, together } from "./together.ts";

const locateScript = defineScript<readonly string[]>("locate", "reads", LOCATE);
const pointScript = defineScript<readonly string[]>("point", "writes", POINT);
const unpointScript = defineScript<number>("unpoint", "writes", UNPOINT);
const fenceScript = defineScript<string>("fence", "writes", FENCE);
const duePointersScript = defineScript<readonly string[]>("due-pointers", "writes", DUE_POINTERS);
const recheckScript = defineScript<number>("recheck", "writes", RECHECK);

/** Says in the home of an id that its job is, or is about to be, in another partition. */
export interface Pointer {
  readonly id: JobId;
  readonly partition: number;
  /** Grows with each time that somebody sets out to store the job. */
  readonly sequence: string;
}

/** What there is in the home of an id. */
export type Place = "nothing" | "job" | Pointer;

/** Looks at the homes of these ids. */
export function locate(partitions: Partitions, ids: readonly JobId[]): Promise<readonly Place[]> {
  const items = ids.map((id) => [partitions.homeOf(id), id] as const);
  return spread("reads", items, async (home, own) => {
    const texts = await partitions.at(home).run(locateScript, [joinShortIds(own)]);
    return texts.map((text, index) => toPlace(own[index] ?? "", text));
  });
}

/** The partitions of these jobs; of one that is nowhere, its home. */
export async function partitionsOf(
  partitions: Partitions,
  ids: readonly JobId[],
): Promise<readonly number[]> {
  const places = await locate(partitions, ids);
  return places.map((place, index) => partitionIn(place, partitions.homeOf(ids[index] ?? "")));
}

/** As {@link partitionsOf}; a job that is not where its id says is looked for everywhere: its pointer may have been lost. */
export async function searchPartitions(
  partitions: Partitions,
  ids: readonly JobId[],
): Promise<readonly number[]> {
  const places = await locate(partitions, ids);
  const missing = ids.filter((_, index) => places[index] === "nothing");
  const found = new Map<JobId, number>();
  if (missing.length > 0) {
    const joined = joinShortIds(missing);
    const texts = await together(
      "reads",
      partitions.stores.map((store) => store.run(locateScript, [joined])),
    );
    for (const [partition, own] of texts.entries()) {
      for (const [index, text] of own.entries()) {
        if (text === "j") found.set(missing[index] ?? "", partition);
      }
    }
  }
  return places.map((place, index) => {
    const id = ids[index] ?? "";
    return found.get(id) ?? partitionIn(place, partitions.homeOf(id));
  });
}

function partitionIn(place: Place | undefined, home: number): number {
  return typeof place === "object" ? place.partition : home;
}

/** Sets out to store jobs away from their homes, as safely as these are. Answers each one's sequence number, or what is there. */
export function point(
  partitions: Partitions,
  jobs: readonly { readonly id: JobId; readonly partition: number }[],
  durable: Connection | undefined,
): Promise<readonly (Place | { readonly sequence: string })[]> {
  const items = jobs.map((job) => [partitions.homeOf(job.id), job] as const);
  return spread("writes", items, async (home, own) => {
    const values = own.flatMap(({ id, partition }) => [toShortId(id), partition]);
    const store = partitions.at(home);
    const texts = await (durable === undefined
      ? store.run(pointScript, values)
      : durableSender(store, durable, pointScript)(values));
    return texts.map((text, index) =>
      /^\d/.test(text) ? { sequence: text } : toPlace(own[index]?.id ?? "", text),
    );
  });
}

/**
 * Removes pointers that lead to no job, so that none can come to be there later, either. Answers which lead to one: these stay.
 * In this order: a crash in between leaves a pointer that the next call, or upkeep, removes.
 */
export async function giveUp(
  partitions: Partitions,
  pointers: readonly Pointer[],
): Promise<readonly boolean[]> {
  const items = pointers.map((pointer) => [pointer.partition, pointer] as const);
  const isThere = await spread("writes", items, async (partition, own) => {
    const letters = await partitions.at(partition).run(fenceScript, valuesOf(own));
    return Array.from(letters, (letter) => letter === "j");
  });
  const dangling = pointers.filter((_, index) => isThere[index] === false);
  await inHomes(partitions, dangling, unpointScript);
  return isThere;
}

/** Removes pointers whose jobs are gone, up to `limit`. Answers how many it looked at. */
export async function sweepPointers(
  partitions: Partitions,
  home: number,
  limit: number,
): Promise<number> {
  const flat = await partitions.at(home).run(duePointersScript, [limit]);
  const pointers: Pointer[] = [];
  for (let at = 0; at < flat.length; at += 2) {
    const place = toPlace(toUuid(flat[at] ?? ""), flat[at + 1] ?? "");
    if (typeof place === "object") pointers.push(place);
  }
  const isThere = await giveUp(partitions, pointers);
  const kept = pointers.filter((_, index) => isThere[index] === true);
  await inHomes(partitions, kept, recheckScript);
  return pointers.length;
}

async function inHomes(
  partitions: Partitions,
  pointers: readonly Pointer[],
  script: typeof unpointScript,
): Promise<void> {
  const items = pointers.map((pointer) => [partitions.homeOf(pointer.id), pointer] as const);
  await spread("writes", items, async (home, own) => {
    await partitions.at(home).run(script, valuesOf(own));
    return [];
  });
}

function valuesOf(pointers: readonly Pointer[]): readonly string[] {
  return pointers.flatMap(({ id, sequence }) => [toShortId(id), sequence]);
}

function toPlace(id: JobId, text: string): Place {
  if (text === "") return "nothing";
  const [, partition, sequence] = /^>(\d+) (\d+)$/.exec(text) ?? [];
  if (partition === undefined || sequence === undefined) return "job";
  return { id, partition: Number(partition), sequence };
}
