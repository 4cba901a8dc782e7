import { argumentError, unreadable } from "./argument-error.ts";

const jobTypePattern = /^[A-Za-z0-9._-]{1,128}$/;
// A surrogate that is half of a pair is no character of its own under the `u` flag.
const troublesome = /[\0\p{Surrogate}]/u;
const queuePattern = /^[a-z0-9][a-z0-9._-]{0,63}$/;

/** Most tags of one job. */
const maxTags = 16;
/** Longest tag, in bytes of UTF-8. */
const maxTagBytes = 128;

/**
 * Checks the name of a job type: 1 to 128 characters of `A-Z a-z 0-9 . _ -`. Case matters.
 *
 * @throws {@link RevoArgumentError} `REVO_NAME_INVALID`.
 */
export function assertJobType(value: unknown, path: string): asserts value is string {
  if (typeof value !== "string" || !jobTypePattern.test(value)) {
    throw argumentError(
      "REVO_NAME_INVALID",
      path,
      "to be a name of 1 to 128 characters A-Z, a-z, 0-9, '.', '_' and '-'",
      value,
    );
  }
}

/**
 * Checks the name of a queue: 1 to 64 characters of `a-z 0-9 . _ -`, beginning with a letter or digit. Lower case only, so
 * that no two queues differ by case alone.
 *
 * @throws {@link RevoArgumentError} `REVO_NAME_INVALID`.
 */
export function assertQueue(value: unknown, path: string): asserts value is string {
  if (typeof value !== "string" || !queuePattern.test(value)) {
    throw argumentError(
      "REVO_NAME_INVALID",
      path,
      "to be a name of 1 to 64 characters a-z, 0-9, '.', '_' and '-', beginning with a letter or digit",
      value,
    );
  }
}

/**
 * Checks the tags of a job: at most 16 texts of 1 to 128 bytes.
 *
 * @param options `allowReserved`: also tags that begin with `revo.`, which are kept for the project itself.
 * @throws {@link RevoArgumentError} `REVO_NAME_INVALID`, with the path of the wrong tag.
 */
export function assertTags(
  value: unknown,
  path: string,
  options: { readonly allowReserved?: boolean } = {},
): asserts value is readonly string[] {
  try {
    checkTags(value, path, options.allowReserved === true);
  } catch (error) {
    throw unreadable(error, path);
  }
}

function checkTags(value: unknown, path: string, allowReserved: boolean): void {
  if (!Array.isArray(value) || value.length > maxTags) {
    throw argumentError(
      "REVO_NAME_INVALID",
      path,
      `to be an array of at most ${maxTags} tags`,
      value,
    );
  }
  for (let i = 0; i < value.length; i++) {
    const tag: unknown = value[i];
    if (!isShortText(tag, maxTagBytes)) {
      throw argumentError(
        "REVO_NAME_INVALID",
        `${path}[${i}]`,
        `to be well-formed text of 1 to ${maxTagBytes} bytes without U+0000`,
        tag,
      );
    }
    if (tag.startsWith("revo.") && !allowReserved) {
      throw argumentError(
        "REVO_NAME_INVALID",
        `${path}[${i}]`,
        "not to begin with `revo.`, which is reserved",
        tag,
      );
    }
  }
}

/** Whether every storage can hold the text as it is: no U+0000 and no lone surrogate. */
export function isWellFormedText(value: string): boolean {
  return !troublesome.test(value);
}

/** Whether the value is well-formed text of 1 to `maxBytes` bytes in UTF-8. */
export function isShortText(value: unknown, maxBytes: number): value is string {
  return (
    typeof value === "string" &&
    value.length > 0 &&
    value.length <= maxBytes &&
    isWellFormedText(value) &&
    (value.length * 3 <= maxBytes || Buffer.byteLength(value) <= maxBytes)
  );
}
