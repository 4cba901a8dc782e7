import { randomUUID } from "node:crypto";
import { type IClock, RevoArgumentError, SystemClock } from "@revojs/core";
import { nearestName } from "./nearest-name.ts";
import type { StoreSettings } from "./store.ts";

/** How a {@link MemoryJobStorage} is set up. */
export interface MemoryJobStorageOptions {
  /** The storage's clock; every stored time and every due time comes from it. @defaultValue the machine's clock */
  readonly clock?: IClock;
  /**
   * Most finished jobs kept, whatever their retention; the one that finished first leaves first. Integer, >= 0; 0 keeps none,
   * so that no result can be awaited.
   * @defaultValue 10,000
   */
  readonly maxFinished?: number;
  /** What `open` and each heartbeat tell, to be recognised by. Not empty. @defaultValue a random UUID */
  readonly storageId?: string;
}

const DEFAULT_MAX_FINISHED = 10_000;
const KNOWN = ["clock", "maxFinished", "storageId"];

/**
 * Checks the options and fills in the defaults.
 * @throws RevoArgumentError `REVO_OPTION_UNKNOWN`, `REVO_ARGUMENT_INVALID`.
 */
export function toSettings(options: MemoryJobStorageOptions): StoreSettings {
  if (typeof options !== "object" || options === null || Array.isArray(options))
    throw invalid("options", "an object", options);
  for (const name of Object.keys(options)) if (!KNOWN.includes(name)) throw unknown(name);
  const { clock, maxFinished, storageId } = options;
  return {
    clock: clock === undefined ? new SystemClock() : checkedClock(clock),
    maxFinished: maxFinished === undefined ? DEFAULT_MAX_FINISHED : checkedCount(maxFinished),
    storageId: storageId === undefined ? randomUUID() : checkedId(storageId),
  };
}

function checkedClock(clock: IClock): IClock {
  const isClock = typeof clock === "object" && clock !== null && typeof clock.nowMs === "function";
  if (!isClock) throw invalid("clock", "an IClock", clock);
  return clock;
}

function checkedCount(maxFinished: number): number {
  const isCount = Number.isSafeInteger(maxFinished) && maxFinished >= 0;
  if (!isCount) throw invalid("maxFinished", "an integer >= 0", maxFinished);
  return maxFinished;
}

function checkedId(storageId: string): string {
  const isId = typeof storageId === "string" && storageId !== "";
  if (!isId) throw invalid("storageId", "a string that is not empty", storageId);
  return storageId;
}

function unknown(name: string): RevoArgumentError {
  const nearest = nearestName(name, KNOWN);
  const hint =
    nearest === undefined ? `expected one of ${KNOWN.join(", ")}` : `did you mean \`${nearest}\`?`;
  const message = `Unknown option \`${name.slice(0, 80)}\` of MemoryJobStorage: ${hint}`;
  return new RevoArgumentError("REVO_OPTION_UNKNOWN", message, name);
}

function invalid(name: string, rule: string, value: unknown): RevoArgumentError {
  // An object may refuse to become a text.
  const shown =
    typeof value === "object" && value !== null ? "an object" : String(value).slice(0, 80);
  const message = `Expected \`${name}\` to be ${rule}, got ${shown}`;
  return new RevoArgumentError("REVO_ARGUMENT_INVALID", message, name);
}
