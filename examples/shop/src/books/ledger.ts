import { constants, open, readFile, type FileHandle } from "node:fs/promises";

/** One sale. */
export interface LedgerEntry {
  readonly orderId: string;
  /** Year, month, day. */
  readonly date: string;
  readonly amountCents: number;
}

/**
 * A file that only grows, a line per sale. However often and from how many jobs at once an order is recorded, it stands there
 * once; a line that a crash cut off is written over.
 */
export class Ledger {
  readonly #file: FileHandle;
  readonly #entries: Map<string, LedgerEntry>;
  #length: number;
  #lastWrite: Promise<void> = Promise.resolve();

  private constructor(file: FileHandle, entries: Map<string, LedgerEntry>, length: number) {
    this.#file = file;
    this.#entries = entries;
    this.#length = length;
  }

  static async open(path: string): Promise<Ledger> {
    const file = await open(path, constants.O_RDWR | constants.O_CREAT, 0o644);
    const text = await file.readFile("utf8");
    const whole = text.slice(0, text.lastIndexOf("\n") + 1);
    const length = Buffer.byteLength(whole);
    await file.truncate(length);
    return new Ledger(file, parseLedger(whole), length);
  }

  /** @throws When the order was recorded with another amount. */
  async record(entry: LedgerEntry): Promise<void> {
    const write = this.#lastWrite.then(() => this.#append(entry));
    // One failed write must not fail those behind it.
    this.#lastWrite = write.catch(() => {});
    await write;
  }

  async close(): Promise<void> {
    await this.#lastWrite;
    await this.#file.sync();
    await this.#file.close();
  }

  async #append(entry: LedgerEntry): Promise<void> {
    const { orderId, date, amountCents } = entry;
    const known = this.#entries.get(orderId);
    if (known !== undefined) {
      if (known.amountCents === amountCents) return;
      throw new Error(
        `${orderId} stands in the ledger with ${known.amountCents}, not ${amountCents}`,
      );
    }
    const line = Buffer.from(`${orderId},${date},${amountCents}\n`);
    const { bytesWritten } = await this.#file.write(line, 0, line.length, this.#length);
    // What was written of it is written over by the next.
    if (bytesWritten < line.length) throw new Error("The disk took only a part of the line");
    this.#length += line.length;
    this.#entries.set(orderId, entry);
  }
}

/** What stands in a ledger file, read anew. */
export async function readLedger(path: string): Promise<ReadonlyMap<string, LedgerEntry>> {
  return parseLedger(await readFile(path, "utf8"));
}

function parseLedger(text: string): Map<string, LedgerEntry> {
  const entries = new Map<string, LedgerEntry>();
  for (const line of text.split("\n").filter((candidate) => candidate !== "")) {
    const [orderId = "", date = "", cents = ""] = line.split(",");
    if (entries.has(orderId)) throw new Error(`${orderId} stands in the ledger twice`);
    entries.set(orderId, { orderId, date, amountCents: Number(cents) });
  }
  return entries;
}
