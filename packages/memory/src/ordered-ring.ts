const SMALLEST_CAPACITY = 16;
/** An emptied ring larger than this gives its memory back. */
const KEPT_CAPACITY = 1024;

/**
 * A first-in-first-out queue in a ring buffer, from whose middle an item can be taken in O(1): it leaves a hole. Both ends
 * always hold an item, so a hole is passed once at most, and when holes are the majority the ring is packed: every operation
 * is O(1), amortised.
 *
 * A position stays true while other items come and go; only packing changes it, and tells `moved`. Whoever pushes in order
 * may search by halves.
 */
export class OrderedRing<T> {
  readonly #moved: (item: T, position: number) => void;
  #slots: (T | undefined)[] = new Array<T | undefined>(SMALLEST_CAPACITY);
  #head = 0;
  #tail = 0;
  #size = 0;

  /** @param moved Told the new position of each item when the ring is packed. */
  constructor(moved: (item: T, position: number) => void) {
    this.#moved = moved;
  }

  get size(): number {
    return this.#size;
  }

  /** The oldest item. */
  get first(): T | undefined {
    return this.#size === 0 ? undefined : this.#at(this.#head);
  }

  /** The newest item. */
  get last(): T | undefined {
    return this.#size === 0 ? undefined : this.#at(this.#tail - 1);
  }

  /** Adds behind the last. @returns The position, which {@link remove} takes. */
  push(item: T): number {
    if (this.#tail - this.#head === this.#slots.length) this.#pack(this.#slots.length * 2);
    const position = this.#tail++;
    this.#slots[position & (this.#slots.length - 1)] = item;
    this.#size++;
    return position;
  }

  /** Takes out the item at `position`, which must hold one. */
  remove(position: number): void {
    this.#slots[position & (this.#slots.length - 1)] = undefined;
    this.#size--;
    if (this.#size === 0) {
      this.#clear();
      return;
    }
    while (this.#at(this.#head) === undefined) this.#head++;
    while (this.#at(this.#tail - 1) === undefined) this.#tail--;
    const span = this.#tail - this.#head;
    if (span > SMALLEST_CAPACITY && span > this.#size * 2) this.#pack(span);
  }

  /** The items in order, beginning with the one that {@link search} found. The ring must not change meanwhile. */
  *forward(from: number = this.#head): Generator<T> {
    for (let position = from; position < this.#tail; position++) {
      const item = this.#at(position);
      if (item !== undefined) yield item;
    }
  }

  /** The items in reverse order, beginning with the one before `before`. The ring must not change meanwhile. */
  *backward(before: number = this.#tail): Generator<T> {
    for (let position = before - 1; position >= this.#head; position--) {
      const item = this.#at(position);
      if (item !== undefined) yield item;
    }
  }

  /** The position of the first item that is not `early`, in a ring where all early items come first; the end when all are. */
  search(isEarly: (item: T) => boolean): number {
    let low = this.#head;
    let high = this.#tail;
    while (low < high) {
      const middle = low + Math.floor((high - low) / 2);
      let probe = middle;
      while (probe < high && this.#at(probe) === undefined) probe++;
      const item = probe < high ? this.#at(probe) : undefined;
      if (item !== undefined && isEarly(item)) low = probe + 1;
      else high = middle;
    }
    return low;
  }

  #at(position: number): T | undefined {
    // The capacity is a power of two, so that the mask replaces a division.
    return this.#slots[position & (this.#slots.length - 1)];
  }

  #clear(): void {
    this.#head = 0;
    this.#tail = 0;
    if (this.#slots.length > KEPT_CAPACITY) {
      this.#slots = new Array<T | undefined>(SMALLEST_CAPACITY);
    }
  }

  /** Moves the items, without the holes, to a buffer with room for `room` of them. */
  #pack(room: number): void {
    const slots = new Array<T | undefined>(powerOfTwo(Math.max(room, this.#size * 2)));
    const holes = this.#tail - this.#head > this.#size;
    let position = holes ? 0 : this.#head;
    for (const item of this.forward()) {
      slots[position & (slots.length - 1)] = item;
      if (holes) this.#moved(item, position);
      position++;
    }
    this.#head = holes ? 0 : this.#head;
    this.#tail = position;
    this.#slots = slots;
  }
}

function powerOfTwo(atLeast: number): number {
  let capacity = SMALLEST_CAPACITY;
  while (capacity < atLeast) capacity *= 2;
  return capacity;
}
