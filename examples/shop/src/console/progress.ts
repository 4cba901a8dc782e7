/** How far something is. */
export type ReadProgress = () => { readonly orders: number; readonly closed: number };

/** The part of a terminal or file that progress is written to. */
export interface ProgressOutput {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/** A bar that moves on a terminal; elsewhere a line now and then. */
export class Progress {
  readonly #output: ProgressOutput;
  readonly #startedAt = performance.now();
  #timer: NodeJS.Timeout | null = null;
  #last = "";

  constructor(output: ProgressOutput) {
    this.#output = output;
  }

  start(read: ReadProgress): void {
    const isTerminal = this.#output.isTTY === true;
    const show = isTerminal ? () => this.#drawBar(read) : () => this.#writeLine(read);
    this.#timer = setInterval(show, isTerminal ? 80 : 2_000);
  }

  /** Takes the bar away. */
  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    if (this.#output.isTTY === true) this.#output.write("\r\u001b[K");
  }

  #drawBar(read: ReadProgress): void {
    const { orders, closed } = read();
    const text = ` ${closed}/${orders} orders, ${this.#seconds()} s`;
    const width = Math.max(5, Math.min(40, (this.#output.columns ?? 80) - text.length - 4));
    const filled = orders === 0 ? 0 : Math.floor((width * closed) / orders);
    this.#output.write(`\r[${"█".repeat(filled)}${"░".repeat(width - filled)}]${text}\u001b[K`);
  }

  #writeLine(read: ReadProgress): void {
    const { orders, closed } = read();
    const text = `${closed} of ${orders} orders done`;
    if (text !== this.#last) this.#output.write(`  ${this.#seconds()} s  ${text}\n`);
    this.#last = text;
  }

  #seconds(): string {
    return ((performance.now() - this.#startedAt) / 1000).toFixed(1);
  }
}
