/** A place in a {@link CallLine}. */
export interface Place {
  /** Resolves when everybody before has left; never rejects. */
  readonly turn: Promise<void>;
  /** Lets the next one through. Once is enough, twice is once. */
  readonly leave: () => void;
}

/** Lets calls through one after the other, in the order in which they came. */
export class CallLine {
  #last: Promise<void> = Promise.resolve();

  enter(): Place {
    const turn = this.#last;
    const { promise: left, resolve: leave } = signal();
    // Whoever leaves before its turn (it waited too long) opens the way for nobody.
    this.#last = turn.then(() => left);
    return { turn, leave };
  }
}

interface Signal {
  readonly promise: Promise<void>;
  readonly resolve: () => void;
}

function signal(): Signal {
  let settle: (() => void) | undefined;
  const promise = new Promise<void>((resolve) => {
    settle = resolve;
  });
  return { promise, resolve: () => settle?.() };
}
