import { DeleteJobCommand, EnqueueJobCommand, ScheduleJobCommand } from "@revojs/core";
import { describe, expect, it } from "vitest";
import { CapturePayment } from "../src/jobs/capture-payment.ts";
import { CompressInvoice } from "../src/jobs/compress-invoice.ts";
import { RecordSale } from "../src/jobs/record-sale.ts";
import { SendReminder } from "../src/jobs/send-reminder.ts";
import { WriteInvoice } from "../src/jobs/write-invoice.ts";
import { OrderSaga } from "../src/order-saga.ts";
import type { Order } from "../src/orders/order.ts";
import { orderJson } from "./order-json.ts";

const order = JSON.parse(orderJson({ id: "A-7" })) as Order;
const orderId = order.id;
const remindAt = new Date("2026-11-20T10:00:00Z");

describe("the saga of an order", () => {
  it("schedules the reminder before it asks for the payment", () => {
    const commands = new OrderSaga(order, remindAt, "run-1").handle({
      kind: "order-placed",
      orderId,
      order,
    });

    expect(commands).toEqual([
      new ScheduleJobCommand(new SendReminder(order), remindAt, { key: "run-1/remind/A-7" }),
      new EnqueueJobCommand(new CapturePayment(order), { key: "run-1/capture/A-7" }),
    ]);
  });

  it("takes the reminder back, writes the invoice and records the sale when the payment arrives", () => {
    const commands = new OrderSaga(order, remindAt, "run-1").handle({
      kind: "payment-received",
      orderId,
    });

    expect(commands).toEqual([
      new DeleteJobCommand({ key: "run-1/remind/A-7" }),
      new EnqueueJobCommand(new WriteInvoice(order), { key: "run-1/invoice/A-7" }),
      new EnqueueJobCommand(new RecordSale(order), { key: "run-1/record/A-7" }),
    ]);
  });

  it("has an invoice compressed once it is written", () => {
    const commands = new OrderSaga(order, remindAt, "run-1").handle({
      kind: "invoice-written",
      orderId,
    });

    expect(commands).toEqual([
      new EnqueueJobCommand(new CompressInvoice(order), { key: "run-1/compress/A-7" }),
    ]);
  });

  it("answers an event that comes again with the same commands under the same keys", () => {
    const saga = new OrderSaga(order, remindAt, "run-1");

    const first = saga.handle({ kind: "order-placed", orderId, order });
    const again = saga.handle({ kind: "order-placed", orderId, order });

    expect(again).toEqual(first);
  });

  it("reminds nobody who has paid, even when the order's event comes again", () => {
    const saga = new OrderSaga(order, remindAt, "run-1");
    saga.handle({ kind: "payment-received", orderId });

    const commands = saga.handle({ kind: "order-placed", orderId, order });

    expect(commands).toEqual([]);
  });

  it("is closed when the sale is recorded and the invoice archived", () => {
    const saga = new OrderSaga(order, remindAt, "run-1");

    saga.handle({ kind: "sale-recorded", orderId });
    const wasClosed = saga.isClosed;
    saga.handle({ kind: "invoice-archived", orderId });

    expect([wasClosed, saga.isClosed]).toEqual([false, true]);
  });

  it("is closed when the customer was reminded", () => {
    const saga = new OrderSaga(order, remindAt, "run-1");

    saga.handle({ kind: "reminder-sent", orderId });

    expect(saga.isClosed).toBe(true);
  });
});
