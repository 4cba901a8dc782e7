import type { Order, OrderItem } from "./order.ts";
import { printable } from "./printable.ts";

/** What became of one line. */
export type ParsedOrder =
  | { readonly kind: "order"; readonly order: Order }
  | { readonly kind: "bad"; readonly problem: string };

/** Reads an order from JSON. Never throws: a bad order is an answer, with the first thing that is wrong with it. */
export function parseOrder(text: string): ParsedOrder {
  try {
    return { kind: "order", order: orderOf(JSON.parse(text)) };
  } catch (error) {
    if (error instanceof BadOrder) return { kind: "bad", problem: error.message };
    if (error instanceof SyntaxError) {
      // The parser counts lines within the text, of which there is one.
      const reason = error.message.replace(/ \(line 1 column \d+\)$/, "");
      return { kind: "bad", problem: `not JSON: ${printable(reason)}` };
    }
    throw error;
  }
}

class BadOrder extends Error {}

function orderOf(value: unknown): Order {
  const order = fieldsOf(value, "order");
  const customer = fieldsOf(order["customer"], "customer");
  const items = itemsOf(order["items"]);
  const totalCents = numberOf(order["totalCents"], "totalCents", 0, 1_000_000_000);
  const sum = items.reduce((cents, item) => cents + item.quantity * item.unitCents, 0);
  if (sum !== totalCents) throw wrong("totalCents", `${sum}, the sum of the items`, totalCents);
  return {
    id: textOf(order["id"], "id", /^[A-Z0-9][A-Z0-9-]{0,39}$/, "capital letters, digits, hyphens"),
    placedAt: timeOf(order["placedAt"]),
    customer: {
      name: textOf(customer["name"], "customer.name", /^\P{Cc}{1,100}$/u, "1 to 100 characters"),
      email: textOf(customer["email"], "customer.email", /^\S{1,64}@\S{1,190}$/, "an address"),
    },
    items,
    totalCents,
    paymentToken: textOf(order["paymentToken"], "paymentToken", /^tok_\w{1,40}$/, "a token"),
  };
}

function itemsOf(value: unknown): readonly OrderItem[] {
  if (!Array.isArray(value) || value.length === 0) throw wrong("items", "at least one item", value);
  return value.map((entry: unknown, index) => {
    const path = `items[${index}]`;
    const item = fieldsOf(entry, path);
    return {
      sku: textOf(item["sku"], `${path}.sku`, /^[\w.-]{1,40}$/, "a stock number"),
      name: textOf(item["name"], `${path}.name`, /^\P{Cc}{1,100}$/u, "1 to 100 characters"),
      quantity: numberOf(item["quantity"], `${path}.quantity`, 1, 1000),
      unitCents: numberOf(item["unitCents"], `${path}.unitCents`, 0, 1_000_000),
    };
  });
}

function fieldsOf(value: unknown, path: string): Readonly<Record<string, unknown>> {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return value as Readonly<Record<string, unknown>>;
  }
  throw wrong(path, "an object", value);
}

function textOf(value: unknown, path: string, pattern: RegExp, expected: string): string {
  if (typeof value === "string" && pattern.test(value)) return value;
  throw wrong(path, expected, value);
}

function numberOf(value: unknown, path: string, least: number, most: number): number {
  if (Number.isInteger(value) && (value as number) >= least && (value as number) <= most) {
    return value as number;
  }
  throw wrong(path, `a whole number from ${least} to ${most}`, value);
}

function timeOf(value: unknown): string {
  const expected = "a time such as 2026-11-20T09:00:00Z";
  const text = textOf(value, "placedAt", /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/, expected);
  if (Number.isNaN(Date.parse(text))) throw wrong("placedAt", expected, value);
  return text;
}

function wrong(path: string, expected: string, value: unknown): BadOrder {
  const got = value === undefined ? "nothing" : printable(JSON.stringify(value));
  return new BadOrder(`${path}: expected ${expected}, got ${got}`);
}
