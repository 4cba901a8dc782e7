import { RevoArgumentError, RevoError, type RevoErrorCode } from "../errors.ts";

const maxShownLength = 80;

/**
 * An error about one wrong argument, in the one form all of them have: *name, rule, value*.
 *
 * @param path Where the value stands (`delay`, `[17].priority`).
 * @param rule What was expected, to follow "to be" or "to have" (`an integer from 0 to 9`), with its verb.
 */
export function argumentError(
  code: RevoErrorCode,
  path: string,
  rule: string,
  value: unknown,
): RevoArgumentError {
  return new RevoArgumentError(
    code,
    `Expected \`${path}\` ${rule}, got ${describeValue(value)}`,
    path,
  );
}

/**
 * What to throw where a look at a value threw. An error of ours is thrown as it is; one of a getter or of a Proxy of the caller's
 * becomes the cause of one that names the value.
 */
export function unreadable(error: unknown, path: string): unknown {
  if (error instanceof RevoArgumentError || error instanceof RevoError) return error;
  return new RevoArgumentError(
    "REVO_ARGUMENT_INVALID",
    `Expected \`${path}\` to be an object that can be read, got one whose getter or trap threw (the cause)`,
    path,
    { cause: error },
  );
}

/**
 * A value as it may stand in a message: one line of at most 80 printable characters. Objects show what they are, never what
 * they hold. Never throws, whatever the value.
 */
export function describeValue(value: unknown): string {
  try {
    return cut(shown(value));
  } catch {
    return "an object that cannot be read";
  }
}

function shown(value: unknown): string {
  switch (typeof value) {
    case "string":
      return JSON.stringify(value.slice(0, maxShownLength + 1));
    case "bigint":
      return `${value}n`;
    case "function":
      return "a function";
    case "object":
      return shownObject(value);
    case "number":
    case "boolean":
    case "symbol":
    case "undefined":
      return String(value);
  }
}

function shownObject(value: object | null): string {
  if (value === null) {
    return "null";
  }
  if (Array.isArray(value)) {
    return `an array of length ${value.length}`;
  }
  if (value instanceof Date) {
    return Number.isNaN(value.getTime()) ? "an invalid Date" : value.toISOString();
  }
  const name: unknown = Object.getPrototypeOf(value)?.constructor?.name;
  return typeof name === "string" && name !== "" && name !== "Object"
    ? `an instance of ${name}`
    : "an object";
}

function cut(text: string): string {
  const line = text.replaceAll(
    /[\p{C}\p{Zl}\p{Zp}]/gu,
    (character) => `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, "0")}`,
  );
  return line.length <= maxShownLength ? line : `${line.slice(0, maxShownLength - 1)}…`;
}
