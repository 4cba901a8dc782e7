import type { NewJob } from "../job/job-record.ts";

/** Most payload text of one call to the storage, in UTF-16 units: what drivers take without trouble. */
const maxChunkText = 8 * 1024 * 1024;

/** A job on its way to the storage. */
export interface ChunkItem {
  readonly job: NewJob;
  readonly mayExist: boolean;
}

/**
 * How many items from `start` on travel in one call: no more than the storage takes, no more text than is reasonable, and
 * either all or none with an id that may exist. At least one.
 */
export function chunkLength(items: readonly ChunkItem[], start: number, maxBatch: number): number {
  const mayExist = items[start]?.mayExist;
  const end = Math.min(items.length, start + maxBatch);
  let text = 0;
  for (let i = start; i < end; i++) {
    const item = items[i];
    if (item === undefined || item.mayExist !== mayExist) return i - start;
    text += item.job.payload.length;
    if (text > maxChunkText && i > start) return i - start;
  }
  return end - start;
}
