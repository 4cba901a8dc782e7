import { decodeCursor, encodeCursor, type RowKey } from "../cursor.ts";
import type { RowSource } from "../row-part.ts";
import type { RowLine } from "./row-line.ts";

/** Where a page begins in one partition: behind a key, at the beginning, or nowhere, since there is nothing more. */
export type PagePlace = RowKey | "over" | undefined;

const OVER = "over";

/** The cursor behind a page whose last row was at `last`. */
export function encodePlaces(
  source: RowSource,
  lines: readonly RowLine[],
  last: RowKey | undefined,
): string {
  if (isByKey(source)) return encodeCursor(nameOf(source), last ?? source.exampleKey);
  const places = lines.flatMap((line): RowKey => {
    if (line.isOver) return [OVER];
    return line.place === undefined ? [0] : [line.place.length, ...line.place];
  });
  return encodeCursor(nameOf(source), places);
}

/** Where to go on in each of `count` partitions. @throws RevoArgumentError `REVO_CURSOR_INVALID`. */
export function decodePlaces(
  cursor: string | undefined,
  source: RowSource,
  count: number,
): readonly PagePlace[] {
  if (cursor === undefined) return Array.from({ length: count });
  const { exampleKey } = source;
  if (isByKey(source)) {
    const key = decodeCursor(cursor, nameOf(source), exampleKey);
    return Array.from({ length: count }, () => key);
  }
  const places = readPlaces(decodeCursor(cursor, nameOf(source), partsOf(cursor).slice(1)));
  const fits = places.every((place) => typeof place !== "object" || isOfForm(place, exampleKey));
  // Refused in the same words as any other cursor that was not made here.
  if (!fits || places.length !== count) decodeCursor("", nameOf(source), exampleKey);
  return places;
}

/** What stands for a row says where it is among those of any partition; not so a position in a list. */
function isByKey({ name }: RowSource): boolean {
  return name !== "enqueued";
}

function readPlaces(parts: RowKey): readonly PagePlace[] {
  const places: PagePlace[] = [];
  for (let at = 0; at < parts.length; ) {
    const size = parts[at++];
    if (typeof size !== "number") {
      places.push(OVER);
      continue;
    }
    places.push(size === 0 ? undefined : parts.slice(at, at + size));
    at += size;
  }
  return places;
}

/** Of whatever length: that depends on how many partitions have come to their end. */
function partsOf(cursor: string): RowKey {
  try {
    const parts: unknown = JSON.parse(Buffer.from(cursor, "base64url").toString());
    return Array.isArray(parts) ? (parts as RowKey) : [];
  } catch {
    return [];
  }
}

function isOfForm(place: RowKey, example: RowKey): boolean {
  return (
    place.length === example.length &&
    place.every((part, index) => typeof part === typeof example[index])
  );
}

function nameOf({ name }: RowSource): string {
  return `${name}/all`;
}
