import { LIMIT } from "./limits/store-limit.ts";
import type { Store } from "./systems/bench-system.ts";

/** A figure of one scenario with one system; `undefined` where it was not measured. */
export type FigureLookup = (
  scenario: string,
  system: string,
  figure?: string,
) => number | undefined;

/** What one cell of our goals asks, in numbers. */
export interface Goal {
  readonly store: Store;
  /** The scenario that it belongs to. */
  readonly scenario: string;
  /** For people: what is compared with what. */
  readonly text: string;
  readonly measure: (figure: FigureLookup) => number | undefined;
  /** What has to be run for it. */
  readonly compares: readonly Compared[];
  readonly atLeast?: number;
  readonly atMost?: number;
}

/** A system in a scenario. */
export interface Compared {
  readonly scenario: string;
  readonly system: string;
}

/** A ratio of ours to another system's figure of the same scenario. */
function against(
  goal: Omit<Goal, "text" | "measure" | "compares"> & {
    readonly ours: string;
    readonly other: string;
    readonly figure?: string;
    readonly text?: string;
  },
): Goal {
  const { ours, other, figure, text = `× ${other}${figure ? ` (${figure})` : ""}`, ...rest } = goal;
  const measure: Goal["measure"] = (look) =>
    ratio(look(goal.scenario, ours, figure), look(goal.scenario, other, figure));
  const compares = [ours, other].map((system) => ({ scenario: goal.scenario, system }));
  return { ...rest, text, measure, compares };
}

/** A ratio of ours in one scenario to ours in another. */
function beside(
  store: Store,
  scenario: string,
  base: string,
  atLeast: number,
  baseText: string,
): Goal {
  const ours = `revo-${store}`;
  return {
    store,
    scenario,
    text: `of ${baseText}`,
    atLeast,
    compares: [scenario, base].map((each) => ({ scenario: each, system: ours })),
    measure: (look) => ratio(look(scenario, ours), look(base, ours)),
  };
}

function history(store: Store, atLeast: number): Goal {
  const systems = [`revo-${store}`, `revo-${store}-history`];
  return {
    store,
    scenario: "drain",
    text: "with the default history, of the rate without",
    atLeast,
    compares: systems.map((system) => ({ scenario: "drain", system })),
    measure: (look) =>
      ratio(look("drain", `revo-${store}-history`), look("drain", `revo-${store}`)),
  };
}

function absolute(goal: Omit<Goal, "measure" | "compares"> & { readonly figure: string }): Goal {
  const { figure, ...rest } = goal;
  const system = `revo-${goal.store}`;
  const compares = [{ scenario: goal.scenario, system }];
  return { ...rest, compares, measure: (look) => look(goal.scenario, system, figure) };
}

function ratio(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined || b === 0 ? undefined : a / b;
}

const postgres = { store: "postgres", ours: "revo-postgres" } as const;
const redis = { store: "redis", ours: "revo-redis" } as const;
const mongodb = { store: "mongodb", ours: "revo-mongodb" } as const;

/** Every cell that can be measured in minutes, in the order of the scenarios. */
export const goals: readonly Goal[] = [
  against({ ...postgres, scenario: "drain", other: "graphile-worker", atLeast: 1.6 }),
  against({
    ...postgres,
    ours: "revo-postgres-history",
    scenario: "drain",
    other: "graphile-worker",
    text: "× graphile-worker, with the default history",
    atLeast: 1.2,
  }),
  against({ ...postgres, scenario: "drain", other: LIMIT, text: "of the limit", atLeast: 0.7 }),
  history("postgres", 0.6),
  against({
    ...postgres,
    scenario: "drain",
    other: "graphile-worker",
    figure: "cpuUs",
    text: "× graphile-worker's processor time a job, node and server",
    atMost: 1,
  }),
  against({ ...redis, scenario: "drain", other: "bullmq", atLeast: 4 }),
  against({ ...redis, scenario: "drain", other: "bee-queue", atLeast: 2.5 }),
  against({ ...redis, scenario: "drain", other: LIMIT, text: "of the limit", atLeast: 0.7 }),
  history("redis", 0.6),
  against({
    ...redis,
    scenario: "drain",
    other: "bullmq",
    figure: "cpuUs",
    text: "× BullMQ's processor time a job, node and server",
    atMost: 0.5,
  }),
  against({ ...mongodb, scenario: "drain", other: "agenda", atLeast: 60 }),
  against({ ...mongodb, scenario: "drain", other: LIMIT, text: "of the limit", atLeast: 0.75 }),
  history("mongodb", 0.7),
  against({
    ...mongodb,
    scenario: "drain",
    other: "agenda",
    figure: "cpuUs",
    text: "× Agenda's processor time a job, node and server",
    atMost: 1 / 40,
  }),

  against({ ...postgres, scenario: "drain-2", other: "graphile-worker", atLeast: 1.4 }),
  beside("postgres", "drain-snapshot", "drain", 0.85, "the rate without an open view"),
  beside("mongodb", "drain-snapshot", "drain", 0.8, "the rate without an open view"),
  beside("redis", "drain-2", "drain", 1, "one process"),
  beside("mongodb", "drain-2", "drain", 1, "one process"),

  beside("postgres", "drain-default", "drain", 0.8, "our best settings"),
  beside("redis", "drain-default", "drain", 0.6, "our best settings"),
  beside("mongodb", "drain-default", "drain", 0.8, "our best settings"),

  ...(["ready", "ready-fresh", "scheduled", "scheduled-fresh"] as const).map((kind) =>
    beside("postgres", `backlog-${kind}`, "backlog-none", 0.9, "the rate without a backlog"),
  ),
  ...(["ready", "scheduled"] as const).flatMap((kind) => [
    beside("redis", `backlog-${kind}`, "backlog-none", 0.95, "the rate without a backlog"),
    beside("mongodb", `backlog-${kind}`, "backlog-none", 0.85, "the rate without a backlog"),
  ]),

  against({ ...postgres, scenario: "bulk", other: "graphile-worker", atLeast: 1.6 }),
  against({ ...redis, scenario: "bulk", other: "bee-queue", atLeast: 1.3 }),
  against({ ...mongodb, scenario: "bulk", other: "agenda", atLeast: 25 }),
  against({ ...mongodb, scenario: "bulk", other: LIMIT, text: "of insertMany", atLeast: 0.5 }),

  against({ ...postgres, scenario: "in-flight", other: "agenda-postgres", atLeast: 6 }),
  against({ ...postgres, scenario: "in-flight", other: "pg-boss", atLeast: 15 }),
  against({ ...redis, scenario: "in-flight", other: "bee-queue", atLeast: 1.2 }),
  against({ ...mongodb, scenario: "in-flight", other: "agenda", atLeast: 10 }),

  latency(postgres, "bullmq-postgres", "p50", 0.5),
  latency(postgres, "bullmq-postgres", "p99", 0.9),
  latency(redis, "bee-queue", "p50", 0.8),
  latency(redis, "bee-queue", "p99", 1),
  latency(mongodb, "agenda", "p50", 0.1),
  latency(mongodb, "agenda", "p99", 0.1),
  latency(mongodb, LIMIT, "p50", 2, "× a change stream (p50)"),

  steady(postgres, "graphile-worker", "p50", 0.7),
  steady(postgres, "pg-boss", "p99", 1),
  steady(redis, "bee-queue", "p50", 1),
  steady(redis, "bee-queue", "p99", 1),
  steady(mongodb, "agenda", "p50", 1),
  steady(mongodb, "agenda", "p99", 1),

  {
    ...against({ ...postgres, scenario: "due", other: "graphile-worker", figure: "p50" }),
    atMost: 1 / 3,
  },
  { ...against({ ...redis, scenario: "due", other: "bee-queue", figure: "p50" }), atMost: 1 / 3 },
  { ...against({ ...mongodb, scenario: "due", other: "agenda", figure: "p50" }), atMost: 1 },

  ...(["postgres", "redis", "mongodb"] as const).map((store) =>
    absolute({ store, scenario: "recovery", text: "seconds", figure: "seconds", atMost: 22 }),
  ),

  absolute({
    store: "postgres",
    scenario: "idle",
    text: "commands/s",
    figure: "commands",
    atMost: 1,
  }),
  absolute({ store: "redis", scenario: "idle", text: "commands/s", figure: "commands", atMost: 1 }),
  absolute({
    store: "mongodb",
    scenario: "idle",
    text: "commands/s",
    figure: "commands",
    atMost: 2,
  }),

  absolute({
    store: "postgres",
    scenario: "bytes",
    text: "bytes a job",
    figure: "bytes",
    atMost: 700,
  }),
  absolute({
    store: "redis",
    scenario: "bytes",
    text: "bytes a job",
    figure: "bytes",
    atMost: 750,
  }),
  absolute({
    store: "mongodb",
    scenario: "bytes",
    text: "bytes a job",
    figure: "bytes",
    atMost: 600,
  }),
];

type Ours = Pick<Goal, "store"> & { readonly ours: string };

function latency(ours: Ours, other: string, figure: string, atMost: number, text?: string): Goal {
  return against({
    ...ours,
    scenario: "latency",
    other,
    figure,
    atMost,
    ...(text === undefined ? {} : { text }),
  });
}

function steady(ours: Ours, other: string, figure: string, atMost: number): Goal {
  return against({ ...ours, scenario: "steady", other, figure, atMost });
}

/** Whether a goal is reached by a value. */
export function isReached({ atLeast, atMost }: Goal, value: number): boolean {
  return (atLeast === undefined || value >= atLeast) && (atMost === undefined || value <= atMost);
}
