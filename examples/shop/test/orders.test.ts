import { Readable } from "node:stream";
import { describe, expect, it } from "vitest";
import { parseOrder } from "../src/orders/parse-order.ts";
import { type OrderLine, readOrders } from "../src/orders/read-orders.ts";
import { orderJson } from "./order-json.ts";

describe("parsing an order", () => {
  it("keeps what was ordered", () => {
    const parsed = parseOrder(orderJson({ id: "A-7" }));

    expect(parsed).toEqual({ kind: "order", order: JSON.parse(orderJson({ id: "A-7" })) });
  });

  it.each([
    ["nothing but half a line", '{"id": "A-1", "pla', /^not JSON: /],
    ["null", "null", /^order: expected an object, got null$/],
    ["a list", "[]", /^order: expected an object/],
    [
      "no customer",
      orderJson({ customer: undefined }),
      /^customer: expected an object, got nothing$/,
    ],
    ["no address", orderJson({ customer: { name: "Ada" } }), /^customer\.email: /],
    ["no items", orderJson({ items: [], totalCents: 0 }), /^items: expected at least one item/],
    [
      "a quantity in words",
      orderJson({}, { quantity: "two" }),
      /^items\[0\]\.quantity: .* got "two"$/,
    ],
    ["a negative price", orderJson({}, { unitCents: -5 }), /^items\[0\]\.unitCents: .* got -5$/],
    ["a fraction of a cent", orderJson({}, { unitCents: 0.5 }), /^items\[0\]\.unitCents: /],
    ["a wrong total", orderJson({ totalCents: 1 }), /^totalCents: expected 1000, .* got 1$/],
    ["an id that is a path", orderJson({ id: "../../etc/passwd" }), /^id: /],
    ["a time that never was", orderJson({ placedAt: "2026-13-45T00:00:00Z" }), /^placedAt: /],
  ])("refuses %s and says where", (_what, text, problem) => {
    const parsed = parseOrder(text);

    expect(parsed).toEqual({ kind: "bad", problem: expect.stringMatching(problem) });
  });

  it("lets no escape sequence of a bad order reach the terminal", () => {
    const parsed = parseOrder(orderJson({ id: "\u001b[2J\u009b31m\u202e" }));

    expect(parsed).toEqual({ kind: "bad", problem: expect.not.stringMatching(/\p{Cc}|\p{Cf}/u) });
  });
});

describe("reading orders", () => {
  it("tells a bad order with its line and loses no other", async () => {
    const text = `${orderJson({ id: "A-1" })}\nrubbish\n${orderJson({ id: "A-2" })}`;

    const lines = await read(Buffer.from(text));

    expect(lines.map(brief)).toEqual(["1 A-1", "2 bad", "3 A-2"]);
  });

  it("refuses the second order with the same id and names the line of the first", async () => {
    const text = `${orderJson({ id: "A-1" })}\n${orderJson({ id: "A-1" })}\n`;

    const lines = await read(Buffer.from(text));

    expect(lines[1]).toEqual({ kind: "bad", line: 2, problem: "id: A-1 is on line 1 already" });
  });

  it("passes over blank lines, counts them, and takes Windows line ends and a byte order mark", async () => {
    const text = `\uFEFF${orderJson({ id: "A-1" })}\r\n\r\n   \r\n${orderJson({ id: "A-2" })}\r\n`;

    const lines = await read(Buffer.from(text));

    expect(lines.map(brief)).toEqual(["1 A-1", "4 A-2"]);
  });

  it("reads the same however the bytes are cut into chunks", async () => {
    const bytes = Buffer.from(`${orderJson({ id: "A-1" }, { name: "Čaj – 茶" })}\nrubbish\n`);

    const lines = await read(...[...bytes].map((byte) => Uint8Array.of(byte)));

    expect(lines).toEqual(await read(bytes));
    expect(lines[0]).toMatchObject({ order: { items: [{ name: "Čaj – 茶" }] } });
  });

  it("refuses a line that is not UTF-8 or too long, and goes on behind it", async () => {
    const lines = await read(
      Buffer.from([0xff, 0xfe, 0x0a]),
      Buffer.alloc(70_000, "x"),
      Buffer.from(`\n${orderJson({ id: "A-1" })}`),
    );

    expect(lines.map(brief)).toEqual(["1 bad", "2 bad", "3 A-1"]);
  });

  it("finds nothing in an empty file", async () => {
    expect(await read()).toEqual([]);
  });
});

function read(...chunks: readonly Uint8Array[]): Promise<readonly OrderLine[]> {
  return Array.fromAsync(readOrders(Readable.from(chunks, { objectMode: true })));
}

function brief(line: OrderLine): string {
  return `${line.line} ${line.kind === "bad" ? "bad" : line.order.id}`;
}
