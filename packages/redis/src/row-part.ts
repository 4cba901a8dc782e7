import type { FindRequest, JobFilter } from "@revojs/core";
import type { RowKey } from "./cursor.ts";
import type { JobRow } from "./records.ts";
import type { Store } from "./store.ts";

type Detail = FindRequest["detail"];
/** How many entries were looked at, where to go on (nothing: the end), the place behind each row, and the rows. */
export type Reply = readonly [
  looked: number,
  goOn: RowKey,
  places: readonly RowKey[],
  rows: readonly (JobRow | null)[],
];

/** Some rows of an index. */
export interface RowPart {
  /** Entries looked at; some say nothing any more. */
  readonly looked: number;
  readonly rows: readonly { readonly row: JobRow; readonly key: RowKey }[];
  /** Where to go on; `undefined`: this was the last. */
  readonly next: RowKey | undefined;
}

/** One order in which `find` goes through the jobs, and what a cursor needs to go on. */
export interface RowSource {
  readonly name: string;
  /** Any key of the right form. */
  readonly exampleKey: RowKey;
  read(store: Store, request: RowRequest): Promise<RowPart>;
}

export interface RowRequest {
  readonly filter: JobFilter;
  readonly detail: Detail;
  /** Most entries to look at. */
  readonly limit: number;
  readonly after: RowKey | undefined;
}

/** A script's reply as a part. An entry whose job is gone has no row. */
export function toPart([looked, goOn, places, rows]: Reply): RowPart {
  return {
    looked,
    rows: rows.flatMap((row, index) => (row === null ? [] : [{ row, key: places[index] ?? [] }])),
    next: goOn.length === 0 ? undefined : goOn,
  };
}
