import { hash } from "node:crypto";
import { argumentError } from "../job/argument-error.ts";

/**
 * Makes a cursor for users out of a storage's: it remembers what it belongs to, so that one of another query is refused.
 * @param scope The query and whatever else the position depends on.
 */
export function encodeCursor(scope: unknown, position: string): string {
  return Buffer.from(JSON.stringify([digest(scope), position])).toString("base64url");
}

/** @throws `REVO_CURSOR_INVALID`: damaged, forged, or of another scope. */
export function decodeCursor(scope: unknown, cursor: string, path: string): string {
  const value = typeof cursor === "string" && cursor.length <= 4096 ? parse(cursor) : undefined;
  if (Array.isArray(value) && value.length === 2 && value[0] === digest(scope)) {
    const position: unknown = value[1];
    if (typeof position === "string") return position;
  }
  throw argumentError(
    "REVO_CURSOR_INVALID",
    path,
    "to be the `next` of an earlier answer to the same question",
    cursor,
  );
}

function digest(scope: unknown): string {
  return hash("sha256", JSON.stringify(scope), "base64url").slice(0, 16);
}

function parse(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, "base64url").toString());
  } catch {
    return undefined;
  }
}
