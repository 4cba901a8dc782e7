import type { JobEntry } from "./job-entry.ts";
import { inOrder, merged } from "./lazy-order.ts";
import { OrderedRing } from "./ordered-ring.ts";

/**
 * All jobs by id, for the monitor's pages. Ids made by core rise with time and are appended in O(1); the others are kept
 * aside and sorted when somebody looks.
 */
export class IdOrder {
  readonly #ring = new OrderedRing<JobEntry>((entry, position) => {
    entry.idAt = position;
  });
  readonly #strays = new Set<JobEntry>();

  add(entry: JobEntry): void {
    const last = this.#ring.last;
    if (last === undefined || last.id < entry.id) entry.idAt = this.#ring.push(entry);
    else this.#strays.add(entry);
  }

  remove(entry: JobEntry): void {
    if (entry.idAt < 0) this.#strays.delete(entry);
    else this.#ring.remove(entry.idAt);
    entry.idAt = -1;
  }

  /** Lowest id first; with `after`, ids above it. */
  ascending(after?: string): Generator<JobEntry> {
    const from = after === undefined ? undefined : this.#ring.search((entry) => entry.id <= after);
    const strays = [...this.#strays].filter((entry) => after === undefined || entry.id > after);
    return merged(this.#ring.forward(from), inOrder(strays, isLower), isLower);
  }

  /** Highest id first; with `after`, ids below it. */
  descending(after?: string): Generator<JobEntry> {
    const before = after === undefined ? undefined : this.#ring.search((entry) => entry.id < after);
    const strays = [...this.#strays].filter((entry) => after === undefined || entry.id < after);
    return merged(this.#ring.backward(before), inOrder(strays, isHigher), isHigher);
  }
}

function isLower(one: JobEntry, other: JobEntry): boolean {
  return one.id < other.id;
}

function isHigher(one: JobEntry, other: JobEntry): boolean {
  return one.id > other.id;
}
