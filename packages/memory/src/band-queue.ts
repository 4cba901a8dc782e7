import { type HeapItem, IndexedHeap } from "./indexed-heap.ts";
import { inOrder, merged } from "./lazy-order.ts";
import { OrderedRing } from "./ordered-ring.ts";

/**
 * The enqueued jobs of one queue and one priority, in the order of `enqueuedAt`, then id. Who comes in that order, as almost
 * everybody does, stands in the ring: O(1). Who does not (a released or recovered job that keeps its old place, an id lower
 * than its neighbour's in the same millisecond, a clock set back) stands in the heap: O(log n). The next one is the first of
 * the two.
 */
export class BandQueue<T extends BandItem> {
  readonly #ring = new OrderedRing<T>((entry, position) => {
    entry.ringAt = position;
  });
  readonly #heap = new IndexedHeap<T>(comesBefore);

  get size(): number {
    return this.#ring.size + this.#heap.size;
  }

  /** The job to be claimed next. */
  get first(): T | undefined {
    const ordered = this.#ring.first;
    const returned = this.#heap.first;
    if (ordered === undefined) return returned;
    return returned !== undefined && comesBefore(returned, ordered) ? returned : ordered;
  }

  push(entry: T): void {
    const last = this.#ring.last;
    if (last === undefined || comesBefore(last, entry)) entry.ringAt = this.#ring.push(entry);
    else this.#heap.push(entry);
  }

  /** Takes out a job, which must be in this band. */
  remove(entry: T): void {
    if (entry.heapAt >= 0) {
      this.#heap.remove(entry);
    } else {
      this.#ring.remove(entry.ringAt);
      entry.ringAt = -1;
    }
  }

  /** The jobs as they will be claimed; with `after`, those that come after that place. */
  inOrder(after?: Place): Generator<T> {
    if (after === undefined) {
      return merged(this.#ring.forward(), inOrder(this.#heap.items, comesBefore), comesBefore);
    }
    const from = this.#ring.search((entry) => !comesBefore(after, entry));
    const returned = this.#heap.items.filter((entry) => comesBefore(after, entry));
    return merged(this.#ring.forward(from), inOrder(returned, comesBefore), comesBefore);
  }
}

/** Where a job stands in its band. */
export interface Place {
  readonly id: string;
  readonly enqueuedAtMs: number | undefined;
}

/** What a band needs of a job. */
export interface BandItem extends Place, HeapItem {
  /** Position in the ring; -1 while not in it. Only the band writes it. */
  ringAt: number;
}

function comesBefore(one: Place, other: Place): boolean {
  const oneMs = one.enqueuedAtMs ?? 0;
  const otherMs = other.enqueuedAtMs ?? 0;
  return oneMs === otherMs ? one.id < other.id : oneMs < otherMs;
}
