import { RevoArgumentError } from "../errors.ts";
import { argumentError, unreadable } from "./argument-error.ts";

/**
 * Refuses options that nobody reads. Only own keys count: what a polluted prototype adds is not an option.
 *
 * @param value The options as the caller gave them.
 * @param known Every key that is read.
 * @param path Name of the options, for the message; empty when they have none.
 * @throws {@link RevoArgumentError} `REVO_OPTION_UNKNOWN`, with the nearest known key where one is near;
 * `REVO_ARGUMENT_INVALID` when `value` is no object.
 */
export function assertKnownKeys(value: object, known: readonly string[], path: string): void {
  for (const key of optionKeys(value, path || "options")) {
    if (!known.includes(key)) {
      throw unknownKey(key, known, path);
    }
  }
}

/**
 * The names of the options given.
 *
 * @throws {@link RevoArgumentError} `REVO_ARGUMENT_INVALID` for what cannot hold options, also when looking at it throws.
 */
export function optionKeys(value: object, path: string): readonly string[] {
  try {
    if (hasOptions(value)) return Object.keys(value);
  } catch (error) {
    throw unreadable(error, path);
  }
  throw argumentError("REVO_ARGUMENT_INVALID", path, "to be a plain object", value);
}

/** The options without their prototype, so that reading an option that was not given finds nothing. */
export function ownOptions<TOptions extends object>(options: TOptions): TOptions {
  try {
    return Object.assign(Object.create(null) as TOptions, options);
  } catch (error) {
    throw unreadable(error, "options");
  }
}

/** A Date, a Map or a Promise has no properties: taken for options, it would count as none, and the mistake would not show. */
function hasOptions(value: unknown): boolean {
  return (
    typeof value === "object" &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof Date || value instanceof Map || value instanceof Set) &&
    !(value instanceof Promise)
  );
}

/**
 * The known name nearest to a wrong one, when it is near enough to be meant: mistyped, or part of one name only (`attempts` of
 * `maxAttempts`).
 */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  const wanted = name.slice(0, 64).toLowerCase();
  let nearest: string | undefined;
  let least = Math.max(2, Math.floor(wanted.length / 3)) + 1;
  for (const candidate of known) {
    const distance = editDistance(wanted, candidate.toLowerCase());
    if (distance < least) {
      least = distance;
      nearest = candidate;
    }
  }
  return nearest ?? onlyNameWith(wanted, known);
}

/** Fewer letters than these are part of too much to mean anything. */
const LEAST_PART = 3;

function onlyNameWith(part: string, known: readonly string[]): string | undefined {
  if (part.length < LEAST_PART) return undefined;
  const names = known.filter((candidate) => candidate.toLowerCase().includes(part));
  return names.length === 1 ? names[0] : undefined;
}

function unknownKey(key: string, known: readonly string[], path: string): RevoArgumentError {
  const fullPath = path === "" ? key : `${path}.${key}`;
  const nearest = nearestName(key, known);
  const hint =
    nearest === undefined ? `known are ${known.join(", ")}` : `did you mean \`${nearest}\`?`;
  return new RevoArgumentError(
    "REVO_OPTION_UNKNOWN",
    `Unknown option \`${fullPath.slice(0, 80)}\`: ${hint}`,
    fullPath,
  );
}

/** Insertions, deletions, replacements and swaps of neighbours that turn one text into the other. */
function editDistance(left: string, right: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: right.length + 1 }, (_, i) => i);
  for (let i = 1; i <= left.length; i++) {
    const current = [i];
    for (let j = 1; j <= right.length; j++) {
      const same = left[i - 1] === right[j - 1];
      let best = Math.min(
        (last[j] ?? 0) + 1,
        (current[j - 1] ?? 0) + 1,
        (last[j - 1] ?? 0) + (same ? 0 : 1),
      );
      if (i > 1 && j > 1 && left[i - 1] === right[j - 2] && left[i - 2] === right[j - 1]) {
        best = Math.min(best, (beforeLast[j - 2] ?? 0) + 1);
      }
      current.push(best);
    }
    beforeLast = last;
    last = current;
  }
  return last[right.length] ?? 0;
}
