import { randomFillSync } from "node:crypto";
import { v7 } from "uuid";
import { argumentError } from "./argument-error.ts";
import type { JobId } from "./job-record.ts";

const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

// One call for the randomness of 256 ids: asking for 16 bytes at a time costs more than all the rest of an id.
const pool = new Uint8Array(256 * 16);
let used = pool.length;

// Filled anew for each id: a bulk enqueue makes hundreds of thousands, and what need not be made need not be cleared away.
const random = new Uint8Array(16);
const parts = { random, seq: -1 };
const bytes = new Uint8Array(16);
const text = Buffer.from("00000000-0000-0000-0000-000000000000");
const digits = Buffer.from("0123456789abcdef");

/**
 * A new UUIDv7. Ids of one process made in the same millisecond ascend.
 */
export function newJobId(): JobId {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  for (let i = 0; i < random.length; i++) {
    random[i] = pool[used++] as number;
  }
  if (parts.seq === -1) {
    parts.seq = new DataView(random.buffer).getUint32(0) >>> 1;
  }
  parts.seq = (parts.seq + 1) >>> 0;
  v7(parts, bytes);
  return textOf(bytes);
}

/** Written into one buffer: a text that is joined from pieces takes several times as long. */
function textOf(uuid: Uint8Array): string {
  let at = 0;
  for (let i = 0; i < 16; i++) {
    if (i === 4 || i === 6 || i === 8 || i === 10) {
      at++;
    }
    const byte = uuid[i] as number;
    text[at++] = digits[byte >> 4] as number;
    text[at++] = digits[byte & 15] as number;
  }
  return text.toString("latin1");
}

/**
 * Checks an id that came from outside: a UUID of any version, in lower case with hyphens.
 *
 * @throws {@link RevoArgumentError} `REVO_ID_INVALID`.
 */
export function assertJobId(value: unknown, path: string): asserts value is JobId {
  if (typeof value !== "string" || !uuidPattern.test(value)) {
    throw argumentError(
      "REVO_ID_INVALID",
      path,
      "to be a UUID in lower case (for a name of your own, use `uniqueKey`)",
      value,
    );
  }
}
