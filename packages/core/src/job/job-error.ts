import { deserializeError } from "serialize-error";

/** `fingerprint` groups equal failures in the console, at most 64 bytes; `text` has at most 8 KiB. */
export interface JobError {
  readonly fingerprint: string;
  readonly text: string;
}

/** What is kept of something thrown. */
export interface ErrorDescription {
  readonly name: string;
  readonly message: string;
  /** Stable code of the error's library, such as `ECONNREFUSED`. */
  readonly code?: string;
  /** The frames, without the line of name and message that V8 puts before them. */
  readonly stack?: string;
  /** The chain of `cause`, nearest first; of an `AggregateError` its errors. */
  readonly causes: readonly ErrorDescription[];
}

const maxTextBytes = 8192;
const maxCauses = 5;

/**
 * A safe record of whatever was thrown: `undefined`, a text, a frozen error, one with throwing getters, a message of megabytes,
 * a cycle of causes, a Proxy. Never throws. Own properties of the error other than `code` are left out, since they often hold
 * requests with their credentials.
 */
export function describeError(error: unknown): JobError {
  const description = describe(error, 4096);
  return { fingerprint: fingerprintOf(description), text: fit(error, description) };
}

/** Reads the `text` of a {@link JobError}. Text that is none comes back as the message of a nameless error. */
export function readError(text: string): ErrorDescription {
  try {
    const value: unknown = JSON.parse(text);
    if (isDescription(value)) {
      return value;
    }
  } catch {
    // Not from here: shown as it is.
  }
  return { name: "Error", message: text, causes: [] };
}

/** The recorded error as an `Error` again: built-in classes as themselves, with its stack and its causes. */
export function restoreError(text: string): Error {
  return restore(readError(text));
}

function restore(description: ErrorDescription): Error {
  const { name, message, code, stack, causes } = description;
  const [cause] = causes;
  return deserializeError({
    name,
    message,
    stack: `${name}: ${message}${stack === undefined ? "" : `\n${stack}`}`,
    ...(code === undefined ? {} : { code }),
    ...(cause === undefined ? {} : { cause: restore(cause) }),
  });
}

/** Cuts ever shorter until the record fits; the first try nearly always does. */
function fit(error: unknown, description: ErrorDescription): string {
  let text = JSON.stringify(description);
  for (let maxLength = 2048; Buffer.byteLength(text) > maxTextBytes; maxLength /= 2) {
    text = JSON.stringify(describe(error, maxLength));
  }
  return text;
}

function describe(error: unknown, maxLength: number): ErrorDescription {
  const causes = causesOf(error).map((cause) => describeOne(cause, maxLength / 4));
  return { ...describeOne(error, maxLength), causes };
}

/** The chain of `cause`, then of each of `errors`, without repeating what was met. */
function causesOf(error: unknown): readonly unknown[] {
  const causes: unknown[] = [];
  const seen = new Set([error]);
  for (const first of [read(error, "cause"), ...readList(error, "errors")]) {
    let cause = first;
    while (cause !== undefined && cause !== null && causes.length < maxCauses && !seen.has(cause)) {
      seen.add(cause);
      causes.push(cause);
      cause = read(cause, "cause");
    }
  }
  return causes;
}

function describeOne(error: unknown, maxLength: number): ErrorDescription {
  if (!isObject(error)) {
    return { name: "NonError", message: cut(thrownText(error), maxLength), causes: [] };
  }
  const name = read(error, "name");
  const message = read(error, "message");
  const code = read(error, "code");
  const stack = framesOf(read(error, "stack"), name, message);
  const maxShort = Math.min(maxLength, 128);
  return {
    name: typeof name === "string" && name !== "" ? cut(name, maxShort) : "NonError",
    message: cut(typeof message === "string" ? message : thrownKeys(error), maxLength),
    ...(typeof code === "string" || typeof code === "number"
      ? { code: cut(String(code), maxShort) }
      : {}),
    ...(stack === "" ? {} : { stack: cut(stack, maxLength) }),
    causes: [],
  };
}

/** A stack begins with the message, which may be megabytes; the frames are what is wanted. */
function framesOf(stack: unknown, name: unknown, message: unknown): string {
  if (typeof stack !== "string" || typeof name !== "string" || typeof message !== "string") {
    return "";
  }
  const firstLine = `${name}: ${message}`;
  const start = stack.indexOf("\n    at ", stack.startsWith(firstLine) ? firstLine.length : 0);
  return start === -1 ? "" : stack.slice(start + 1);
}

function isObject(value: unknown): value is object {
  return (typeof value === "object" && value !== null) || typeof value === "function";
}

function read(value: unknown, key: string): unknown {
  if (!isObject(value)) {
    return undefined;
  }
  try {
    return (value as Readonly<Record<string, unknown>>)[key];
  } catch {
    return undefined;
  }
}

function readList(value: unknown, key: string): readonly unknown[] {
  try {
    const list = read(value, key);
    return Array.isArray(list) ? list.slice(0, maxCauses) : [];
  } catch {
    return [];
  }
}

function thrownText(value: unknown): string {
  return `Thrown: ${typeof value === "string" ? value.slice(0, 4096) : String(value)}`;
}

/** Names only: the values may be secrets. */
function thrownKeys(value: object): string {
  try {
    const keys = Object.keys(value).slice(0, 16);
    return keys.length === 0
      ? "Thrown: an object without a message"
      : `Thrown: an object without a message, with ${keys.join(", ")}`;
  } catch {
    return "Thrown: an object that cannot be read";
  }
}

function cut(value: string, maxLength: number): string {
  return value.length <= maxLength ? value : `${value.slice(0, Math.max(0, maxLength - 1))}…`;
}

function isDescription(value: unknown): value is ErrorDescription {
  return (
    typeof value === "object" &&
    value !== null &&
    typeof (value as ErrorDescription).name === "string" &&
    typeof (value as ErrorDescription).message === "string" &&
    Array.isArray((value as ErrorDescription).causes)
  );
}

/** Equal for failures that differ in numbers and ids only: the console shows them as one. */
function fingerprintOf(error: ErrorDescription): string {
  const message = error.message
    .slice(0, 512)
    .replaceAll(/[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}/gi, "<id>")
    .replaceAll(/\b(?=[a-f]*\d)[0-9a-f]{8,}\b/gi, "<id>")
    .replaceAll(/\d+/g, "<n>");
  return hash64(`${error.name}\n${message}\n${ownFrame(error.stack ?? "")}`);
}

/** The first frame that is neither Node's nor a package's, without line and folder: both change with every deployment. */
function ownFrame(stack: string): string {
  for (const line of stack.split("\n", 64)) {
    if (!line.includes("node:") && !line.includes("node_modules")) {
      return line.trim().replace(/\(?(?:[^()\s]*[/\\])?([^/\\()\s]+?)(?::\d+)*\)?$/, "$1");
    }
  }
  return "";
}

/** FNV-1a over two lanes: it groups, it protects nothing. */
function hash64(value: string): string {
  let low = 0x811c9dc5;
  let high = 0xc9dc5118;
  for (let i = 0; i < value.length; i++) {
    const unit = value.charCodeAt(i);
    low = Math.imul(low ^ unit, 0x01000193);
    high = Math.imul(high ^ unit ^ (low >>> 15), 0x01000193);
  }
  return hex(high) + hex(low);
}

function hex(value: number): string {
  return (value >>> 0).toString(16).padStart(8, "0");
}
