import type { JobId } from "@revojs/core";
import type { JobEntry } from "./job-entry.ts";
import { inOrder, merged } from "./lazy-order.ts";
import { OrderedRing } from "./ordered-ring.ts";

/**
 * All jobs by id, for the monitor's pages. It begins when somebody looks for the first time: a process without a console pays
 * nothing. From then on ids that rise with time, as core makes them, are appended in O(1); the others are kept aside and
 * sorted for each page.
 */
export class IdOrder {
  readonly #jobs: ReadonlyMap<JobId, JobEntry>;
  #begun = false;
  readonly #ring = new OrderedRing<JobEntry>((entry, position) => {
    entry.idAt = position;
  });
  readonly #strays = new Set<JobEntry>();

  /** @param jobs All jobs, those to be added included. */
  constructor(jobs: ReadonlyMap<JobId, JobEntry>) {
    this.#jobs = jobs;
  }

  add(entry: JobEntry): void {
    if (this.#begun) this.#insert(entry);
  }

  remove(entry: JobEntry): void {
    if (!this.#begun) return;
    if (entry.idAt < 0) this.#strays.delete(entry);
    else this.#ring.remove(entry.idAt);
    entry.idAt = -1;
  }

  /** Lowest id first; with `after`, ids above it. */
  ascending(after?: string): Generator<JobEntry> {
    this.#begin();
    const from = after === undefined ? undefined : this.#ring.search((entry) => entry.id <= after);
    const strays = [...this.#strays].filter((entry) => after === undefined || entry.id > after);
    return merged(this.#ring.forward(from), inOrder(strays, isLower), isLower);
  }

  /** Highest id first; with `after`, ids below it. */
  descending(after?: string): Generator<JobEntry> {
    this.#begin();
    const before = after === undefined ? undefined : this.#ring.search((entry) => entry.id < after);
    const strays = [...this.#strays].filter((entry) => after === undefined || entry.id < after);
    return merged(this.#ring.backward(before), inOrder(strays, isHigher), isHigher);
  }

  #begin(): void {
    if (this.#begun) return;
    this.#begun = true;
    for (const entry of this.#jobs.values()) this.#insert(entry);
  }

  #insert(entry: JobEntry): void {
    const last = this.#ring.last;
    if (last === undefined || last.id < entry.id) entry.idAt = this.#ring.push(entry);
    else this.#strays.add(entry);
  }
}

function isLower(one: JobEntry, other: JobEntry): boolean {
  return one.id < other.id;
}

function isHigher(one: JobEntry, other: JobEntry): boolean {
  return one.id > other.id;
}
