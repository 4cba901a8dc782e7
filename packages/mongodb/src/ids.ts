import { Binary, UUID } from "mongodb";
import type { JobId } from "@revojs/core";

const UUID_TEXT = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/**
 * The id as it is stored: 16 bytes instead of 36, which the primary key and most indexes save once more. Stored ids sort as
 * their texts do. `undefined` for text that is no id, so that no job has it.
 */
export function toStoredId(id: JobId): Binary | undefined {
  if (!UUID_TEXT.test(id)) return undefined;
  return new Binary(Buffer.from(id.replaceAll("-", ""), "hex"), Binary.SUBTYPE_UUID);
}

/** The stored forms of those texts that are ids. */
export function toStoredIds(ids: readonly JobId[]): Binary[] {
  return ids.flatMap((id) => toStoredId(id) ?? []);
}

/** The id of a stored job. */
export function toJobId(stored: Binary): JobId {
  return stored instanceof UUID ? stored.toHexString() : stored.toUUID().toHexString();
}
