/** Counts skips by reason, so that a run says what it did not test. */
export class SkipCount {
  readonly #runs = new Map<string, number>();

  add(reason: string): void {
    this.#runs.set(reason, (this.#runs.get(reason) ?? 0) + 1);
  }

  /** One line for each reason; nothing when nothing was skipped. */
  print(name: string): void {
    for (const [reason, runs] of this.#runs) {
      process.stdout.write(`${name}: skipped ${runs}, ${reason}\n`);
    }
  }
}
