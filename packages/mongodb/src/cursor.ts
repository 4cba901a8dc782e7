import { RevoArgumentError } from "@revojs/core";

/** The sort key of a row, most significant part first. */
export type RowKey = readonly (string | number)[];

/** An opaque place in the order `name`. */
export function encodeCursor(name: string, key: RowKey): string {
  return Buffer.from(JSON.stringify([name, ...key])).toString("base64url");
}

/**
 * The key in `cursor`, which must be of the order `name` and of the form of `example`.
 * @throws RevoArgumentError `REVO_CURSOR_INVALID`.
 */
export function decodeCursor(cursor: string, name: string, example: RowKey): RowKey {
  const parts = parse(cursor);
  const form = [name, ...example];
  const fits =
    parts?.length === form.length &&
    parts[0] === name &&
    form.every((part, index) => typeof part === typeof parts[index]);
  if (fits) return parts.slice(1) as RowKey;
  throw invalidCursor(cursor);
}

/** @returns The error for what is no cursor of ours. */
export function invalidCursor(cursor: string): RevoArgumentError {
  const shown = JSON.stringify(cursor.slice(0, 80));
  const message = `Expected \`after\` to be a cursor of the same filter and order, got ${shown}`;
  return new RevoArgumentError("REVO_CURSOR_INVALID", message, "after");
}

function parse(cursor: string): readonly unknown[] | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(cursor, "base64url").toString());
    return Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
