import { type HeapItem, IndexedHeap } from "./indexed-heap.ts";
import { inOrder, merged } from "./lazy-order.ts";
import { OrderedRing } from "./ordered-ring.ts";

/**
 * The enqueued jobs of one queue and one priority, in the order in which they came; a released or recovered job came when it
 * was enqueued for its present run. Who comes last, as almost everybody does, stands in the ring: O(1). Who comes back to an
 * old place stands in the heap: O(log n). The next one is the first of the two.
 *
 * A number tells who came first, not the time: it is finer than a millisecond, and no clock sets it back.
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

  /** The jobs as they will be claimed; with `after`, those behind that sequence. */
  inOrder(after?: number): Generator<T> {
    if (after === undefined) {
      return merged(this.#ring.forward(), inOrder(this.#heap.items, comesBefore), comesBefore);
    }
    const from = this.#ring.search((entry) => entry.sequence <= after);
    const returned = this.#heap.items.filter((entry) => entry.sequence > after);
    return merged(this.#ring.forward(from), inOrder(returned, comesBefore), comesBefore);
  }
}

/** What a band needs of a job. */
export interface BandItem extends HeapItem {
  /** Lower: came earlier. Unique in the band. */
  readonly sequence: number;
  /** Position in the ring; -1 while not in it. Only the band writes it. */
  ringAt: number;
}

function comesBefore(one: BandItem, other: BandItem): boolean {
  return one.sequence < other.sequence;
}
