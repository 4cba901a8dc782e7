import { RevoError } from "../errors.ts";

/** What a stored text is, for messages. */
export type StoredPart = "payload" | "result" | "envelope";

/** Deepest nesting of a text that is read: more than what is written, since a Map takes two levels and a result's frame one. */
const maxTextDepth = 256;

/**
 * Parses a text that lay in a storage. Of a key that stands twice the last one counts, as everywhere in JavaScript.
 *
 * @throws {@link RevoError} `REVO_JOB_CORRUPT`: the text is no JSON, is nested too deep to be worked with, or has a key that can
 * change a prototype.
 */
export function parseStoredText(text: string, part: StoredPart): unknown {
  // Each level takes two characters at least.
  if (text.length > 2 * maxTextDepth) {
    assertDepth(text, part);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw corruptError(part, "is not JSON");
  }
  // The key's letters may be escaped: whoever writes such text is looked at closely, too.
  if (text.includes("__proto__") || text.includes("\\u00")) {
    assertNoPrototypeKey(value, part);
  }
  return value;
}

/**
 * An error that says that what lies in the storage is not what was put there. Without a cause: a parser's message quotes what it
 * read, and this error is recorded and logged, where no part of a payload may stand.
 */
export function corruptError(part: StoredPart, why: string): RevoError {
  return new RevoError(
    "REVO_JOB_CORRUPT",
    `Expected the stored ${part} to be as Revo wrote it, but it ${why}`,
  );
}

function assertDepth(text: string, part: StoredPart): void {
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    switch (text.charCodeAt(i)) {
      case 0x22:
        i = endOfString(text, i);
        break;
      case 0x5b:
      case 0x7b:
        depth++;
        if (depth > maxTextDepth) {
          throw corruptError(part, `is nested deeper than ${maxTextDepth} levels`);
        }
        break;
      case 0x5d:
      case 0x7d:
        depth--;
        break;
    }
  }
}

function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1);
  while (end !== -1 && isEscaped(text, end)) {
    end = text.indexOf('"', end + 1);
  }
  return end === -1 ? text.length : end;
}

function isEscaped(text: string, at: number): boolean {
  let backslashes = 0;
  while (text.charCodeAt(at - 1 - backslashes) === 0x5c) {
    backslashes++;
  }
  return backslashes % 2 === 1;
}

function assertNoPrototypeKey(value: unknown, part: StoredPart): void {
  if (typeof value !== "object" || value === null) {
    return;
  }
  if (Object.hasOwn(value, "__proto__")) {
    throw corruptError(part, "has the key `__proto__`");
  }
  for (const item of Object.values(value)) {
    assertNoPrototypeKey(item, part);
  }
}
