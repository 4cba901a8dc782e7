import { argumentError } from "./argument-error.ts";

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
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw argumentError("REVO_ARGUMENT_INVALID", path, "to be an object of texts", value);
  }
  const entries = Object.entries(value);
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
  const headers = Object.freeze(Object.fromEntries(entries));
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

function assertHeader(name: string, header: unknown, path: string): void {
  const headerPath = `${path}.${name.slice(0, 80)}`;
  if (name === "" || name === "__proto__") {
    throw argumentError("REVO_ARGUMENT_INVALID", headerPath, "to have another name", name);
  }
  if (typeof header !== "string") {
    throw argumentError("REVO_ARGUMENT_INVALID", headerPath, "to be text", header);
  }
}
