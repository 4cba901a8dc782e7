import { argumentError } from "../job/argument-error.ts";

/** Hides what must not be shown. */
export interface Redactor {
  /** A copy with the hidden values replaced; the value itself when nothing in it is hidden. */
  payload(value: unknown): unknown;
  result(value: unknown): unknown;
  headers(value: Readonly<Record<string, string>>): Readonly<Record<string, string>>;
}

/** What stands in the place of a hidden value. */
const redacted = "[redacted]";

type Part = "payload" | "result" | "headers";

/**
 * Hides the values at the given paths: `payload.password`, `payload.*.token`, `result.key`, `headers.authorization`. `*` stands
 * for any one key or index, in Maps and Sets, too.
 *
 * @throws `REVO_ARGUMENT_INVALID` for a path that begins with none of the three, or ends there; for what is no list.
 */
export function createRedactor(paths: readonly string[], path = "redact"): Redactor {
  if (!Array.isArray(paths)) {
    throw argumentError("REVO_ARGUMENT_INVALID", path, "to be a list of paths", paths);
  }
  const byPart: Readonly<Record<Part, string[][]>> = { payload: [], result: [], headers: [] };
  for (const [index, text] of paths.entries()) {
    const [part, ...keys] = typeof text === "string" ? text.split(".") : [];
    if ((part !== "payload" && part !== "result" && part !== "headers") || keys.length === 0) {
      throw argumentError(
        "REVO_ARGUMENT_INVALID",
        `${path}[${index}]`,
        "to be a path such as payload.password, result.key or headers.authorization",
        text,
      );
    }
    byPart[part].push(keys);
  }
  const hide = (part: Part, value: unknown): unknown =>
    byPart[part].reduce((shown, keys) => hideAt(shown, keys, 0), value);
  return {
    payload: (value) => hide("payload", value),
    result: (value) => hide("result", value),
    headers: (value) => hide("headers", value) as Readonly<Record<string, string>>,
  };
}

function hideAt(value: unknown, keys: readonly string[], depth: number): unknown {
  const key = keys[depth];
  if (key === undefined) return redacted;
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) {
    return mapEntries(value.entries(), key, keys, depth, value, (entries) => entries.map(second));
  }
  if (value instanceof Map) {
    return mapEntries(value.entries(), key, keys, depth, value, (entries) => new Map(entries));
  }
  if (value instanceof Set) {
    return mapEntries([...value].entries(), key, keys, depth, value, (entries) => {
      return new Set(entries.map(second));
    });
  }
  return mapEntries(Object.entries(value), key, keys, depth, value, (entries) => {
    return Object.fromEntries(entries);
  });
}

function mapEntries<TKey>(
  entries: Iterable<[TKey, unknown]>,
  key: string,
  keys: readonly string[],
  depth: number,
  original: unknown,
  rebuild: (entries: [TKey, unknown][]) => unknown,
): unknown {
  let changed = false;
  const shown: [TKey, unknown][] = [];
  for (const [name, item] of entries) {
    const next = key === "*" || String(name) === key ? hideAt(item, keys, depth + 1) : item;
    changed ||= next !== item;
    shown.push([name, next]);
  }
  return changed ? rebuild(shown) : original;
}

function second<T>(entry: readonly [unknown, T]): T {
  return entry[1];
}
