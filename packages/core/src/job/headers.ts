import { argumentError, unreadable } from "./argument-error.ts";

/** Most headers of one job. */
const maxHeaders = 64;
/** Most bytes of all headers of one job, as JSON in UTF-8. */
const maxHeaderBytes = 8192;

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
  const entries = entriesOf(value, path);
  if (entries.length > maxHeaders) {
    throw argumentError(
      "REVO_ARGUMENT_INVALID",
      path,
      `to have at most ${maxHeaders} entries`,
      entries.length,
    );
  }
  for (const [name, header] of entries) {
    assertHeader(name, header, path);
  }
  const headers = Object.freeze(Object.fromEntries(entries) as Record<string, string>);
  const bytes = Buffer.byteLength(JSON.stringify(headers));
  if (bytes > maxHeaderBytes) {
    throw argumentError(
      "REVO_ARGUMENT_INVALID",
      path,
      `to have at most ${maxHeaderBytes} bytes as JSON`,
      bytes,
    );
  }
  return headers;
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

function assertHeader(name: string, header: unknown, path: string): void {
  const headerPath = `${path}.${name.slice(0, 80)}`;
  if (name === "" || name === "__proto__") {
    throw argumentError("REVO_ARGUMENT_INVALID", headerPath, "to have another name", name);
  }
  if (typeof header !== "string") {
    throw argumentError("REVO_ARGUMENT_INVALID", headerPath, "to be text", header);
  }
}
