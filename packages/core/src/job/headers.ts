import { argumentError, unreadable } from "./argument-error.ts";

/** Most headers of one job. */
const maxHeaders = 64;
/** Most bytes of all headers of one job, as JSON in UTF-8. */
const maxHeaderBytes = 8192;
/** Of one character of a text as JSON: that of an escape, `\u0000`. */
const maxBytesPerCharacter = 6;
/** Around a header: four quotes, a colon, a comma. */
const quotes = 6;

/** What a job without headers has. */
export const noHeaders: Readonly<Record<string, string>> = Object.freeze({});

/**
 * Checks the headers of a job and copies them, so that later changes of the caller's object change nothing.
 *
 * @throws {@link RevoArgumentError} `REVO_ARGUMENT_INVALID`: no object of texts, more than 64 entries, more than 8 KiB, an empty
 * name, or the name `__proto__`.
 */
export function resolveHeaders(
  value: Readonly<Record<string, string>>,
  path: string,
): Readonly<Record<string, string>> {
  const headers = Object.freeze(Object.fromEntries(entriesOf(value, path)));
  assertHeaders(headers, path);
  return headers;
}

/**
 * Checks headers where they are, such as those that a carrier captured together with the caller's own.
 *
 * @throws As {@link resolveHeaders}.
 */
export function assertHeaders(
  headers: Readonly<Record<string, unknown>>,
  path: string,
): asserts headers is Readonly<Record<string, string>> {
  const entries = Object.entries(headers);
  if (entries.length > maxHeaders) {
    const rule = `to have at most ${maxHeaders} entries`;
    throw argumentError("REVO_ARGUMENT_INVALID", path, rule, entries.length);
  }
  let characters = 0;
  for (const [name, header] of entries) {
    assertHeader(name, header, path);
    characters += name.length + header.length + quotes;
  }
  if (characters * maxBytesPerCharacter <= maxHeaderBytes) return;
  const bytes = Buffer.byteLength(JSON.stringify(headers));
  if (bytes <= maxHeaderBytes) return;
  const rule = `to have at most ${maxHeaderBytes} bytes as JSON`;
  throw argumentError("REVO_ARGUMENT_INVALID", path, rule, bytes);
}

function entriesOf(value: unknown, path: string): [string, unknown][] {
  try {
    const holdsTexts = typeof value === "object" && value !== null && !isList(value);
    if (holdsTexts) return Object.entries(value);
  } catch (error) {
    throw unreadable(error, path);
  }
  throw argumentError("REVO_ARGUMENT_INVALID", path, "to be an object of texts", value);
}

/** Also a Map or a web `Headers`: without properties of its own it would count as no headers. */
function isList(value: object): boolean {
  return Array.isArray(value) || Symbol.iterator in value;
}

function assertHeader(name: string, header: unknown, path: string): asserts header is string {
  const headerPath = `${path}.${name.slice(0, 80)}`;
  if (name === "" || name === "__proto__") {
    throw argumentError("REVO_ARGUMENT_INVALID", headerPath, "to have another name", name);
  }
  if (typeof header !== "string") {
    throw argumentError("REVO_ARGUMENT_INVALID", headerPath, "to be text", header);
  }
}
