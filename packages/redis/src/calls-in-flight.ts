/** Counts calls under way, so that closing can wait for them. */
export class CallsInFlight {
  #count = 0;
  #onIdle: (() => void)[] = [];

  /** Runs one call. */
  async track<T>(call: () => Promise<T>): Promise<T> {
    this.#count++;
    try {
      return await call();
    } finally {
      this.#count--;
      if (this.#count === 0) this.#tellIdle();
    }
  }

  /** Resolves when every call so far has answered; each does so within its deadline. */
  async ended(): Promise<void> {
    if (this.#count === 0) return;
    await new Promise<void>((resolve) => this.#onIdle.push(resolve));
  }

  /** The caller of the last call hears its answer first. */
  #tellIdle(): void {
    const waiting = this.#onIdle;
    this.#onIdle = [];
    setImmediate(() => {
      for (const resolve of waiting) resolve();
    });
  }
}
