import { hash } from "node:crypto";
import { argumentError } from "./argument-error.ts";
import { type Duration, parseDuration } from "./duration.ts";
import type { UniqueKey } from "./job-record.ts";
import { isShortText } from "./names.ts";
import { assertKnownKeys, ownOptions } from "./option-keys.ts";

/** How long and against whom a key is unique. */
export interface UniqueKeyOptions {
  /** Any well-formed text of 1..512 bytes. */
  readonly key: string;
  /**
   * `untilStarted`: freed when the first attempt starts. `untilFinished`: held through every retry. `retained`: held until the
   * finished job is pruned. `{ window }`: for this long from now, whatever becomes of the job. @defaultValue "untilFinished"
   */
  readonly scope?: "untilStarted" | "untilFinished" | "retained" | { readonly window: Duration };
  /**
   * `keep`: nothing is stored, the handle is the holder's. `replace`: a holder that has not started takes the new content.
   * `reject`: throws `REVO_JOB_DUPLICATE`. @defaultValue "keep"
   */
  readonly onConflict?: "keep" | "replace" | "reject";
}

/** A unique key as the storage gets it, and what core keeps for itself. */
export interface ResolvedUniqueKey {
  readonly unique: UniqueKey;
  /** Core throws `REVO_JOB_DUPLICATE` when the key is taken. */
  readonly reject: boolean;
  /** The caller's own words, for people. */
  readonly readable: string;
}

/** Longest unique key, in bytes of UTF-8. */
const maxUniqueKeyBytes = 512;

/**
 * The form in which a key is stored: 43 characters, equal for equal keys, the same on every storage.
 *
 * @throws {@link RevoArgumentError} `REVO_KEY_INVALID`: no text, empty, longer than 512 bytes, with U+0000 or a lone surrogate.
 */
export function digestKey(key: string): string {
  assertUniqueKey(key, "key");
  return hash("sha256", key, "base64url");
}

/**
 * Reads the `uniqueKey` of an enqueue.
 *
 * @throws {@link RevoArgumentError} `REVO_KEY_INVALID` for the key; `REVO_ARGUMENT_INVALID`, `REVO_OPTION_UNKNOWN`,
 * `REVO_DURATION_INVALID` or `REVO_TIME_OUT_OF_RANGE` for the rest.
 */
export function resolveUniqueKey(
  option: string | UniqueKeyOptions,
  path: string,
): ResolvedUniqueKey {
  if (typeof option !== "object" || option === null || Array.isArray(option)) {
    assertUniqueKey(option, path);
    return resolved({ key: option }, path);
  }
  assertKnownKeys(option, ["key", "scope", "onConflict"], path);
  const own = ownOptions(option);
  assertUniqueKey(own.key, `${path}.key`);
  return resolved(own, path);
}

function resolved(options: UniqueKeyOptions, path: string): ResolvedUniqueKey {
  const { key, scope = "untilFinished", onConflict = "keep" } = options;
  if (onConflict !== "keep" && onConflict !== "replace" && onConflict !== "reject") {
    throw argumentError(
      "REVO_ARGUMENT_INVALID",
      `${path}.onConflict`,
      'to be "keep", "replace" or "reject"',
      onConflict,
    );
  }
  return {
    unique: {
      key: digestKey(key),
      ...resolveScope(scope, `${path}.scope`),
      onConflict: onConflict === "replace" ? "replace" : "keep",
    },
    reject: onConflict === "reject",
    readable: key,
  };
}

function resolveScope(
  scope: NonNullable<UniqueKeyOptions["scope"]>,
  path: string,
): Pick<UniqueKey, "scope" | "windowMs"> {
  if (typeof scope === "object" && scope !== null) {
    assertKnownKeys(scope, ["window"], path);
    const { window } = ownOptions(scope);
    return { scope: "window", windowMs: parseDuration(window, `${path}.window`, { minMs: 1 }) };
  }
  if (scope !== "untilStarted" && scope !== "untilFinished" && scope !== "retained") {
    throw argumentError(
      "REVO_ARGUMENT_INVALID",
      path,
      'to be "untilStarted", "untilFinished", "retained" or { window }',
      scope,
    );
  }
  return { scope };
}

function assertUniqueKey(value: unknown, path: string): asserts value is string {
  if (!isShortText(value, maxUniqueKeyBytes)) {
    throw argumentError(
      "REVO_KEY_INVALID",
      path,
      `to be well-formed text of 1 to ${maxUniqueKeyBytes} bytes without U+0000`,
      value,
    );
  }
}
