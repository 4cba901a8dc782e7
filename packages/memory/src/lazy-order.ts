/**
 * Gives the items in the order of `before`, sorting only as far as they are asked for: O(n) for the first, O(log n) for each
 * further one. A page of 50 out of a million must not cost a sort of a million.
 */
export function* inOrder<T>(
  items: Iterable<T>,
  before: (one: T, other: T) => boolean,
): Generator<T> {
  const heap = [...items];
  for (let index = (heap.length >> 1) - 1; index >= 0; index--) sink(heap, index, before);
  for (;;) {
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined) return;
    if (heap.length > 0) {
      heap[0] = last;
      sink(heap, 0, before);
    }
    yield first;
  }
}

/** Both in one, given that each is in the order of `before`. */
export function* merged<T>(
  one: Iterator<T>,
  other: Iterator<T>,
  before: (one: T, other: T) => boolean,
): Generator<T> {
  let left = one.next();
  let right = other.next();
  while (!left.done || !right.done) {
    if (right.done || (!left.done && before(left.value, right.value))) {
      yield (left as IteratorYieldResult<T>).value;
      left = one.next();
    } else {
      yield right.value;
      right = other.next();
    }
  }
}

function sink<T>(heap: T[], from: number, before: (one: T, other: T) => boolean): void {
  const item = heap[from] as T;
  let index = from;
  for (;;) {
    let childIndex = index * 2 + 1;
    if (childIndex >= heap.length) break;
    const right = childIndex + 1;
    if (right < heap.length && before(heap[right] as T, heap[childIndex] as T)) childIndex = right;
    const child = heap[childIndex] as T;
    if (!before(child, item)) break;
    heap[index] = child;
    index = childIndex;
  }
  heap[index] = item;
}
