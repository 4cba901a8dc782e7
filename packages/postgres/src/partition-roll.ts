import { type Connections, write } from "./connections.ts";

const EVERY_MS = 10 * 60 * 1000;

/** Makes the partitions of the coming days and drops those of days that are over, now and then. */
export class PartitionRoll {
  readonly #connections: Connections;
  readonly #daysAhead: number;
  #lastMs = Number.NEGATIVE_INFINITY;

  /** @param daysAhead 0: never. */
  constructor(connections: Connections, daysAhead: number) {
    this.#connections = connections;
    this.#daysAhead = daysAhead;
  }

  /** Does it if it was not done lately. What fails is tried again at another time: rows have a place without it. */
  async roll(): Promise<void> {
    if (this.#daysAhead === 0 || performance.now() - this.#lastMs < EVERY_MS) return;
    this.#lastMs = performance.now();
    await write(this.#connections, {
      name: "revo_roll_partitions",
      text: `select ${this.#connections.names.schema}.roll_partitions($1)`,
      values: [this.#daysAhead],
    }).catch(() => {});
  }
}
