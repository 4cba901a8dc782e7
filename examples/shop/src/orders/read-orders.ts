import type { Order } from "./order.ts";
import { parseOrder } from "./parse-order.ts";
import { readLines } from "./read-lines.ts";

/** A line that is no order, and why. */
export interface BadOrder {
  readonly kind: "bad";
  readonly line: number;
  readonly problem: string;
}

/** An order to work on, or a line that is none. */
export type OrderLine =
  | { readonly kind: "order"; readonly line: number; readonly order: Order }
  | BadOrder;

/** Reads JSON Lines, one order each. A bad line is told with its number and costs no other; blank lines are passed over. */
export async function* readOrders(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<OrderLine> {
  const lines = new Map<string, number>();
  for await (const line of readLines(chunks)) {
    if ("problem" in line) yield { kind: "bad", line: line.number, problem: line.problem };
    else if (line.text !== "") yield check(line.number, line.text, lines);
  }
}

function check(line: number, text: string, lines: Map<string, number>): OrderLine {
  const parsed = parseOrder(text);
  if (parsed.kind === "bad") return { ...parsed, line };
  const { order } = parsed;
  const before = lines.get(order.id);
  if (before !== undefined) {
    return { kind: "bad", line, problem: `id: ${order.id} is on line ${before} already` };
  }
  lines.set(order.id, line);
  return { kind: "order", line, order };
}
