import { RevoError, type RevoErrorCode } from "@revojs/core";

/** How far a command got when it failed. */
export type Progress = "not-sent" | "sent";

/** Whether a repeat of a failed command may do its work a second time. */
export type Effect = "reads" | "writes";

/**
 * Error replies by the word that they begin with. A reply of the server itself says that nothing was done: what it refuses it
 * refuses before the first write of a script, and what a script has begun it finishes.
 */
const codes: readonly (readonly [word: string, code: RevoErrorCode, hint: string])[] = [
  ["OOM", "REVO_STORAGE_FULL", "Redis has reached `maxmemory`"],
  ["MISCONF", "REVO_STORAGE_FULL", "Redis cannot save to its disk and refuses writes"],
  ["NOREPLICAS", "REVO_STORAGE_FULL", "Redis has fewer replicas than `min-replicas-to-write`"],
  ["READONLY", "REVO_STORAGE_READ_ONLY", "this Redis is a replica"],
  ["LOADING", "REVO_STORAGE_UNAVAILABLE", "Redis is loading its data"],
  ["MASTERDOWN", "REVO_STORAGE_UNAVAILABLE", "the replica has lost its master"],
  ["CLUSTERDOWN", "REVO_STORAGE_UNAVAILABLE", "the cluster is down"],
  ["TRYAGAIN", "REVO_STORAGE_UNAVAILABLE", "the slot is being moved"],
  ["BUSY", "REVO_STORAGE_TIMEOUT", "Redis is busy with a script"],
  ["NOPERM", "REVO_STORAGE_FORBIDDEN", "the user may not do this"],
  ["NOAUTH", "REVO_STORAGE_FORBIDDEN", "Redis wants a password"],
  ["WRONGPASS", "REVO_STORAGE_FORBIDDEN", "user or password is wrong"],
  [
    "MOVED",
    "REVO_STORAGE_MISCONFIGURED",
    "this Redis is a node of a cluster: give a `Cluster` as `client`",
  ],
  [
    "ASK",
    "REVO_STORAGE_MISCONFIGURED",
    "this Redis is a node of a cluster: give a `Cluster` as `client`",
  ],
  ["CROSSSLOT", "REVO_INTERNAL", "the keys of a script are in several slots"],
];

/** Redis before 7 wraps the error of a command within a script; later ones append the script to it. */
const WORD = /(?:^|: ?-?|@user_script: ?\d+: ?-?)([A-Z]{3,})\b/g;

/** What a failed command means for the caller. `cause` is kept. */
export function toRevoError(error: unknown, effect: Effect, progress: Progress): RevoError {
  if (error instanceof RevoError) return error;
  const message = messageOf(error);
  const known = isReply(error) ? findCode(message) : undefined;
  if (known !== undefined)
    return new RevoError(known.code, `${known.hint}: ${cut(message)}`, { cause: error });
  if (isReply(error)) {
    return new RevoError("REVO_INTERNAL", `Redis refused a command: ${cut(message)}`, {
      cause: error,
    });
  }
  if (progress === "sent" && effect === "writes") {
    const text = `The connection to Redis broke before the answer came (${cut(message)}): nothing, a part or all was done`;
    return new RevoError("REVO_STORAGE_OUTCOME_UNKNOWN", text, { cause: error });
  }
  return new RevoError("REVO_STORAGE_UNAVAILABLE", `Redis cannot be reached: ${cut(message)}`, {
    cause: error,
  });
}

/** The error of a call whose deadline has passed. */
export function deadlineError(
  timeoutMs: number,
  effect: Effect,
  progress: Progress,
  cause?: unknown,
): RevoError {
  const options = cause === undefined ? undefined : { cause };
  if (progress === "not-sent") {
    const why = cause === undefined ? "" : `: ${cut(messageOf(cause))}`;
    return new RevoError(
      "REVO_STORAGE_UNAVAILABLE",
      `No connection to Redis within ${timeoutMs} ms${why}`,
      options,
    );
  }
  if (effect === "reads") {
    return new RevoError(
      "REVO_STORAGE_TIMEOUT",
      `Redis did not answer within ${timeoutMs} ms`,
      options,
    );
  }
  const text = `Redis did not answer within ${timeoutMs} ms: nothing, a part or all was done`;
  return new RevoError("REVO_STORAGE_OUTCOME_UNKNOWN", text, options);
}

/** The script is not in the server's cache: restarted, failed over, or flushed. */
export function isUnknownScript(error: unknown): boolean {
  return isReply(error) && messageOf(error).includes("NOSCRIPT");
}

/** Whether another connection, or a later one, may find another server. */
export function asksForReconnect(error: RevoError): boolean {
  return error.code === "REVO_STORAGE_READ_ONLY";
}

function findCode(
  message: string,
): { readonly code: RevoErrorCode; readonly hint: string } | undefined {
  for (const [, word] of message.matchAll(WORD)) {
    const found = codes.find(([name]) => name === word);
    if (found !== undefined) return { code: found[1], hint: found[2] };
  }
  return undefined;
}

/** ioredis has the class of its own copy of `redis-errors`, so the name tells. */
function isReply(error: unknown): boolean {
  return error instanceof Error && error.name === "ReplyError";
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function cut(message: string): string {
  return message.slice(0, 200);
}
