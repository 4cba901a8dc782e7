import type { IJobControl, IJobReports, IJobStorage, IJobUpkeep } from "@revojs/core";
import type { Wrap } from "../memory-harness.ts";

/** A storage with one fault, as adapters have had it, and the case that must find it. */
export interface Mutant {
  /** What is wrong with it. */
  readonly name: string;
  readonly killedBy: string;
  /** Under which worker clock the fault shows. @defaultValue 0 */
  readonly workerClockSkewMs?: number;
  readonly wrap: Wrap;
}

/** What a mutant does in its own way. */
export interface Overrides
  extends Partial<Pick<IJobStorage, "enqueue" | "exchange" | "heartbeat">> {
  readonly upkeep?: Partial<IJobUpkeep>;
  readonly control?: Partial<IJobControl>;
  readonly reports?: Partial<IJobReports>;
}

/** The storage with some methods replaced; those of its facets as well. */
export function overridden(
  storage: IJobStorage<unknown>,
  overrides: Overrides,
): IJobStorage<unknown> {
  return new Proxy(storage, {
    get(target, name): unknown {
      const value: unknown = Reflect.get(target, name, target);
      const override: unknown = Reflect.get(overrides, name);
      if (typeof override === "function") return override;
      if (typeof value === "function") return value.bind(target);
      return override === undefined ? value : { ...(value as object), ...override };
    },
  });
}

/** Lets every other call in flight go on: the gap between a read and the write that depends on it. */
export function gap(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
