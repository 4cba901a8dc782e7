/** What a heap can hold: the item knows its place, so that it can be taken out without a search. */
export interface HeapItem {
  /** Index in the heap; -1 while in none. Only the heap writes it. An item can be in one heap at a time. */
  heapAt: number;
}

/**
 * A binary heap from which any item can be taken in O(log n). `before` must be a total order: of two items exactly one comes
 * before the other, so that no two can be taken for one.
 */
export class IndexedHeap<T extends HeapItem> {
  readonly #before: (one: T, other: T) => boolean;
  #items: T[] = [];

  constructor(before: (one: T, other: T) => boolean) {
    this.#before = before;
  }

  get size(): number {
    return this.#items.length;
  }

  /** The item before all others. */
  get first(): T | undefined {
    return this.#items[0];
  }

  /** All items, in no order that means anything. */
  get items(): readonly T[] {
    return this.#items;
  }

  push(item: T): void {
    this.#items.push(item);
    this.#rise(item, this.#items.length - 1);
  }

  /** Takes the first item out. */
  shift(): T | undefined {
    const first = this.#items[0];
    if (first !== undefined) this.remove(first);
    return first;
  }

  /** Takes `item` out, which must be in this heap. */
  remove(item: T): void {
    const index = item.heapAt;
    const last = this.#items.pop();
    item.heapAt = -1;
    if (this.#items.length === 0) this.#items = [];
    if (last === undefined || last === item) return;
    this.#rise(last, index);
    this.#sink(last, last.heapAt);
  }

  #rise(item: T, from: number): void {
    let index = from;
    while (index > 0) {
      const parentIndex = (index - 1) >> 1;
      const parent = this.#items[parentIndex] as T;
      if (!this.#before(item, parent)) break;
      this.#place(parent, index);
      index = parentIndex;
    }
    this.#place(item, index);
  }

  #sink(item: T, from: number): void {
    const length = this.#items.length;
    let index = from;
    for (;;) {
      let childIndex = index * 2 + 1;
      if (childIndex >= length) break;
      let child = this.#items[childIndex] as T;
      const right = this.#items[childIndex + 1];
      if (right !== undefined && this.#before(right, child)) {
        child = right;
        childIndex++;
      }
      if (!this.#before(child, item)) break;
      this.#place(child, index);
      index = childIndex;
    }
    this.#place(item, index);
  }

  #place(item: T, index: number): void {
    this.#items[index] = item;
    item.heapAt = index;
  }
}
