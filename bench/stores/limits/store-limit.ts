import type { Sizes } from "../sizes.ts";

/** What the server itself can do, without a framework: the ceiling of a scenario. */
export type LimitName = "drain" | "bulk" | "in-flight" | "serial" | "latency";

/** A limit's figures, named as those of the scenario it belongs to. */
export type LimitFigures = Readonly<Record<string, number>>;

/** The limits of one store. Each checks that what it measured happened. */
export type StoreLimits = Readonly<
  Record<LimitName, (url: string, sizes: Sizes) => Promise<LimitFigures>>
>;

/** The raw limit, where a system's name is expected. */
export const LIMIT = "limit";
