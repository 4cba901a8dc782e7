import { Readable } from "node:stream";
import { MemoryJobStorage } from "@revojs/memory";
import { describe, expect, it } from "vitest";
import { OutputFolder } from "../src/books/output-folder.ts";
import { Progress } from "../src/console/progress.ts";
import { renderReport } from "../src/console/report.ts";
import { runShop, type ShopResult } from "../src/run-shop.ts";
import { orderJson } from "./order-json.ts";
import { temporaryFolder } from "./temporary-folder.ts";

describe("a run of the shop", () => {
  it("has each order paid or reminded, tries again what can be mended, and its books agree", async () => {
    const result = await run([
      ...Array.from({ length: 20 }, (_, index) => orderJson({ id: `A-${index}` })),
      "rubbish",
      orderJson({ id: "BUSY", paymentToken: "tok_busy" }),
      orderJson({ id: "SLOW", paymentToken: "tok_slow" }),
      orderJson({ id: "POOR", paymentToken: "tok_insufficient_funds" }),
      orderJson({ id: "DOWN", paymentToken: "tok_unreachable" }),
    ]);

    expect(result.books).toMatchObject({ mismatches: [], ledgerEntries: 22, invoices: 22 });
    expect(result).toMatchObject({ orders: 24, closedOrders: 24, wasStopped: false });
    expect(result.badOrders).toEqual([
      { kind: "bad", line: 21, problem: expect.stringContaining("not JSON") },
    ]);
    expect(result.statistics.of("capture-payment")).toMatchObject({
      enqueued: 24,
      succeeded: 22,
      failed: 2,
      // Two of BUSY, one of SLOW, three of DOWN; a refusal is final.
      retried: 6,
    });
  });

  it("changes nothing in the books when it is repeated in the same folder", async () => {
    const path = await temporaryFolder();
    const orders = [orderJson({ id: "A-1" }), orderJson({ id: "A-2" })];

    const first = await run(orders, { path });
    const second = await run(orders, { path });

    expect(second.books).toEqual(first.books);
    expect(second.books).toMatchObject({ mismatches: [], ledgerEntries: 2, invoices: 2 });
  });

  it("stops in the middle when it is told to, and says how far it came", async () => {
    const stop = new AbortController();
    const orders = async function* (): AsyncGenerator<Uint8Array> {
      yield Buffer.from(`${orderJson({ id: "A-1" })}\n`);
      setImmediate(() => stop.abort());
      // The rest of the file never comes.
      await new Promise(() => {});
    };

    const result = await run([], { chunks: Readable.from(orders()), signal: stop.signal });

    expect(result).toMatchObject({ wasStopped: true, orders: 1 });
    expect(renderReport(result)).toMatch(/Stopped after .* of 1 orders are done\.$/);
  });

  it("reports that there was nothing to do", async () => {
    const report = renderReport(await run([]));

    expect(report).toBe("There is no order.");
  });
});

interface Overrides {
  readonly path?: string;
  readonly chunks?: Readable;
  readonly signal?: AbortSignal;
}

async function run(lines: readonly string[], overrides: Overrides = {}): Promise<ShopResult> {
  const folder = await OutputFolder.open(overrides.path ?? (await temporaryFolder()));
  const result = await runShop({
    storage: new MemoryJobStorage(),
    source: {
      name: "test",
      chunks: overrides.chunks ?? Readable.from([Buffer.from(lines.join("\n"))]),
    },
    concurrency: 10,
    folder,
    remindAfterMs: 300,
    progress: new Progress({ write: () => {} }),
    signal: overrides.signal ?? new AbortController().signal,
  });
  await folder.close();
  return result;
}
