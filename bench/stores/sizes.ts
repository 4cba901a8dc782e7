/** How much is done in one run of a scenario. */
export interface Sizes {
  readonly drainJobs: number;
  readonly bulkJobs: number;
  /** Jobs behind those that are drained. */
  readonly backlogJobs: number;
  /** Jobs drained in front of a backlog. */
  readonly backlogDrainJobs: number;
  readonly inFlightJobs: number;
  readonly serialJobs: number;
  readonly latencyJobs: number;
  readonly steadySeconds: number;
  readonly dueJobs: number;
  /** Periods of idle servers fit into it: of ours 2, 5, 15 and 30. */
  readonly idleSeconds: number;
  readonly soakSeconds: number;
  /** How long a reader's view is open at least before the drain that is measured. */
  readonly snapshotSeconds: number;
  readonly storedJobs: number;
  /** Most milliseconds that a measured drain may take; what is not done by then is reported as such. */
  readonly drainLimitMs: number;
}

export const fullSizes: Sizes = {
  drainJobs: 100_000,
  bulkJobs: 100_000,
  backlogJobs: 1_000_000,
  backlogDrainJobs: 50_000,
  inFlightJobs: 100_000,
  serialJobs: 5_000,
  latencyJobs: 500,
  steadySeconds: 20,
  dueJobs: 10_000,
  idleSeconds: 30,
  soakSeconds: 60,
  snapshotSeconds: 0,
  storedJobs: 50_000,
  drainLimitMs: 60_000,
};

export const quickSizes: Sizes = {
  drainJobs: 40_000,
  bulkJobs: 40_000,
  backlogJobs: 200_000,
  backlogDrainJobs: 20_000,
  inFlightJobs: 20_000,
  serialJobs: 2_000,
  latencyJobs: 100,
  steadySeconds: 6,
  dueJobs: 10_000,
  idleSeconds: 5,
  soakSeconds: 12,
  snapshotSeconds: 0,
  storedJobs: 20_000,
  drainLimitMs: 20_000,
};

/** The same scaled by `factor`, for trying things out; times stay. */
export function scaled(sizes: Sizes, factor: number): Sizes {
  const times = ["steadySeconds", "idleSeconds", "soakSeconds", "snapshotSeconds", "drainLimitMs"];
  return Object.fromEntries(
    Object.entries(sizes).map(([name, value]) => [
      name,
      times.includes(name) ? value : Math.max(100, Math.round(value * factor)),
    ]),
  ) as unknown as Sizes;
}
