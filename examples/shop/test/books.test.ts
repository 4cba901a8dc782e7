import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { checkBooks } from "../src/books/check-books.ts";
import { readInvoiceTotal, renderInvoice } from "../src/books/invoice.ts";
import { Ledger, readLedger } from "../src/books/ledger.ts";
import { OutputFolder } from "../src/books/output-folder.ts";
import { CapturePayment } from "../src/jobs/capture-payment.ts";
import { SendReminder } from "../src/jobs/send-reminder.ts";
import type { Order } from "../src/orders/order.ts";
import { ShopStatistics } from "../src/statistics.ts";
import { orderJson } from "./order-json.ts";
import { temporaryFolder } from "./temporary-folder.ts";

const date = "2026-11-20";
const never = new AbortController().signal;

describe("the ledger", () => {
  it("has each of many sales recorded at once on a line of its own", async () => {
    const path = join(await temporaryFolder(), "ledger.csv");
    const ledger = await Ledger.open(path);

    await Promise.all(
      Array.from({ length: 200 }, (_, index) =>
        ledger.record({ orderId: `A-${index}`, date, amountCents: index }),
      ),
    );
    await ledger.close();

    expect((await readFile(path, "utf8")).trim().split("\n")).toHaveLength(200);
    expect((await readLedger(path)).get("A-123")).toEqual({
      orderId: "A-123",
      date,
      amountCents: 123,
    });
  });

  it("has a sale once, recorded twice at once and once more by a later run", async () => {
    const path = join(await temporaryFolder(), "ledger.csv");
    const sale = { orderId: "A-1", date, amountCents: 1000 };
    const ledger = await Ledger.open(path);

    await Promise.all([ledger.record(sale), ledger.record(sale)]);
    await ledger.close();
    const later = await Ledger.open(path);
    await later.record(sale);
    await later.close();

    expect(await readFile(path, "utf8")).toBe("A-1,2026-11-20,1000\n");
  });

  it("refuses another amount for a sale it has, and takes the next one", async () => {
    const path = join(await temporaryFolder(), "ledger.csv");
    const ledger = await Ledger.open(path);
    await ledger.record({ orderId: "A-1", date, amountCents: 1000 });

    await expect(ledger.record({ orderId: "A-1", date, amountCents: 1 })).rejects.toThrow(/A-1/);
    await ledger.record({ orderId: "A-2", date, amountCents: 5 });
    await ledger.close();

    expect((await readLedger(path)).size).toBe(2);
  });

  it("writes over a line that a crash cut off", async () => {
    const path = join(await temporaryFolder(), "ledger.csv");
    await writeFile(path, "A-1,2026-11-20,1000\nA-2,2026-1");
    const ledger = await Ledger.open(path);

    await ledger.record({ orderId: "A-2", date, amountCents: 5 });
    await ledger.close();

    expect(await readFile(path, "utf8")).toBe("A-1,2026-11-20,1000\nA-2,2026-11-20,5\n");
  });
});

describe("the output folder", () => {
  it("puts the compressed invoice in the place of the plain one, again and again", async () => {
    const folder = await OutputFolder.open(await temporaryFolder());
    const invoice = folder.invoice("A-1");
    await folder.write(invoice, "Total EUR 10.00\n", never);

    await folder.compress(invoice, never);
    await folder.compress(invoice, never);

    expect(await readdir(join(folder.path, "invoices"))).toEqual(["A-1.txt.gz"]);
    expect(gunzipSync(await readFile(`${invoice}.gz`)).toString()).toBe("Total EUR 10.00\n");
  });

  it("leaves no half of a file behind when the write is called off", async () => {
    const folder = await OutputFolder.open(await temporaryFolder());

    await expect(
      folder.write(folder.invoice("A-1"), "text", AbortSignal.abort()),
    ).rejects.toThrow();

    expect(await readdir(join(folder.path, "invoices"))).toEqual([]);
  });

  it("is for one run at a time", async () => {
    const path = await temporaryFolder();
    const folder = await OutputFolder.open(path);

    await expect(OutputFolder.open(path)).rejects.toThrow(`in use by process ${process.pid}`);
    await folder.close();

    await expect(OutputFolder.open(path)).resolves.toBeInstanceOf(OutputFolder);
  });

  it("is free again when the process that had it is gone", async () => {
    const path = await temporaryFolder();
    await writeFile(join(path, "in-use.lock"), "2147483646");

    await expect(OutputFolder.open(path)).resolves.toBeInstanceOf(OutputFolder);
  });
});

describe("checking the books", () => {
  it("finds nothing wrong with an order that was paid, recorded and archived", async () => {
    const { folder, statistics, payments, orderIds } = await booksOfOneSale({});

    const check = await checkBooks({ folder, statistics, payments, orderIds });

    expect(check.mismatches).toEqual([]);
    expect(check).toMatchObject({ paidCents: 1000, ledgerCents: 1000, invoiceCents: 1000 });
  });

  it("tells a ledger and an invoice that differ from what was paid", async () => {
    const { folder, statistics, payments, orderIds } = await booksOfOneSale({ paidCents: 999 });

    const check = await checkBooks({ folder, statistics, payments, orderIds });

    expect(check.mismatches).toEqual([
      "A-1: 1000 cents in the ledger, 999 cents paid",
      "A-1: 1000 cents on its invoice, 999 cents paid",
    ]);
  });

  it("tells a job that has no end and an order that nobody dealt with", async () => {
    const { folder, statistics, payments } = await booksOfOneSale({});
    statistics.of(CapturePayment.type).enqueued = 2;
    statistics.of(SendReminder.type).enqueued = 2;

    const check = await checkBooks({ folder, statistics, payments, orderIds: ["A-1", "A-2"] });

    expect(check.mismatches).toEqual([
      "capture-payment: 2 enqueued, but 1 succeeded, 0 failed, 0 deleted",
      "send-reminder: 2 enqueued, but 0 succeeded, 0 failed, 1 deleted",
      "A-2: neither paid nor reminded",
    ]);
  });
});

async function booksOfOneSale({ paidCents = 1000 }: { readonly paidCents?: number }) {
  const folder = await OutputFolder.open(await temporaryFolder());
  const order = JSON.parse(orderJson({ id: "A-1" })) as Order;
  await folder.write(folder.invoice("A-1"), renderInvoice(order), never);
  await folder.compress(folder.invoice("A-1"), never);
  const ledger = await Ledger.open(folder.ledger);
  await ledger.record({ orderId: "A-1", date, amountCents: 1000 });
  await ledger.close();
  const statistics = new ShopStatistics();
  Object.assign(statistics.of(CapturePayment.type), { enqueued: 1, succeeded: 1 });
  Object.assign(statistics.of(SendReminder.type), { enqueued: 1, deleted: 1 });
  return {
    folder,
    statistics,
    orderIds: ["A-1"],
    payments: [{ orderId: "A-1", amountCents: paidCents }],
  };
}

describe("an invoice", () => {
  it("can be read back for its total", () => {
    const order = JSON.parse(orderJson({ totalCents: 123_456_789 })) as Order;

    const text = renderInvoice(order);

    expect(text).toContain("Total EUR 1,234,567.89");
    expect(readInvoiceTotal(text)).toBe(123_456_789);
  });

  it("has no total when it is cut off", () => {
    expect(readInvoiceTotal("Invoice A-1\n")).toBeNaN();
  });
});
