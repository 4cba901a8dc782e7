/** What one run of a scenario measured: figure name → value, with the unit in the name. */
export type Figures = Readonly<Record<string, number>>;

/** One question, answered in a process of its own. */
export interface Scenario {
  readonly name: string;
  /** In the table. */
  readonly title: string;
  /** Warms up, then measures once. Checks that what it measured happened. */
  readonly run: () => Promise<Figures>;
}

/** Jobs of a bulk run. */
export const JOBS = 100_000;
/** Unmeasured runs before the measured one. */
export const WARM_UPS = 4;
