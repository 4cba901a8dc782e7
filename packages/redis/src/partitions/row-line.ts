import type { RowKey } from "../cursor.ts";
import type { JobRow } from "../records.ts";
import type { RowPart, RowRequest, RowSource } from "../row-part.ts";
import type { Store } from "../store.ts";

/** The rows of one partition, read part by part and taken one by one. */
export class RowLine {
  readonly store: Store;
  readonly #source: RowSource;
  /** Behind the last row that was taken; `undefined`: the beginning. */
  #place: RowKey | undefined;
  #rows: RowPart["rows"] = [];
  #taken = 0;
  /** Where the next part begins, once the rows are taken; `undefined`: there is none. */
  #next: { readonly after: RowKey | undefined } | undefined;

  constructor(store: Store, source: RowSource, place: RowKey | "over" | undefined) {
    this.store = store;
    this.#source = source;
    if (place === "over") return;
    this.#place = place;
    this.#next = { after: place };
  }

  /** There may be rows, but none is at hand. */
  get isEmpty(): boolean {
    return this.#taken >= this.#rows.length && this.#next !== undefined;
  }

  get isOver(): boolean {
    return this.#taken >= this.#rows.length && this.#next === undefined;
  }

  /** Of the first row. */
  get key(): RowKey {
    return this.#rows[this.#taken]?.key ?? [];
  }

  get id(): string {
    return this.#rows[this.#taken]?.row[0] ?? "";
  }

  get head(): string {
    return this.#rows[this.#taken]?.row[1] ?? "";
  }

  get place(): RowKey | undefined {
    return this.#place;
  }

  /** Reads the next part. @returns How many entries in it say nothing any more. */
  async read(request: Omit<RowRequest, "after">): Promise<number> {
    const part = await this.#source.read(this.store, { ...request, after: this.#next?.after });
    this.#rows = part.rows;
    this.#taken = 0;
    this.#next = part.next === undefined ? undefined : { after: part.next };
    if (part.rows.length === 0) this.#place = part.next;
    return part.looked - part.rows.length;
  }

  take(): JobRow {
    const first = this.#rows[this.#taken];
    if (first === undefined) throw new RangeError("There is no row to take");
    this.#taken++;
    // Behind the last row of a part there may be entries that say nothing: they need not be looked at again.
    this.#place = this.#taken === this.#rows.length && this.#next ? this.#next.after : first.key;
    return first.row;
  }
}
