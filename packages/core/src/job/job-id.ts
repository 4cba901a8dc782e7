import { randomFillSync } from "node:crypto";
import { v7 } from "uuid";
import { argumentError } from "./argument-error.ts";
import type { JobId } from "./job-record.ts";

const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

// One call for the randomness of 256 ids: asking for 16 bytes at a time costs more than all the rest of an id.
const randomBytes = new Uint8Array(256 * 16);
let used = randomBytes.length;
let sequence = -1;

/**
 * A new UUIDv7. Ids of one process made in the same millisecond ascend.
 */
export function newJobId(): JobId {
  if (used === randomBytes.length) {
    randomFillSync(randomBytes);
    used = 0;
  }
  const random = randomBytes.subarray(used, used + 16);
  used += 16;
  if (sequence === -1) {
    sequence = new DataView(random.buffer, random.byteOffset).getUint32(0) >>> 1;
  }
  sequence = (sequence + 1) >>> 0;
  return v7({ random, seq: sequence });
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
