import type { IJob, IJobHandler, JobContext } from "@revojs/core";
import { renderInvoice } from "../books/invoice.ts";
import type { OutputFolder } from "../books/output-folder.ts";
import type { OrderEvents } from "../order-events.ts";
import type { Order } from "../orders/order.ts";

export class WriteInvoice implements IJob {
  static readonly type = "write-invoice";
  readonly order: Order;

  constructor(order: Order) {
    this.order = order;
  }
}

export class WriteInvoiceHandler implements IJobHandler<WriteInvoice> {
  readonly #folder: OutputFolder;
  readonly #events: OrderEvents;

  constructor(folder: OutputFolder, events: OrderEvents) {
    this.#folder = folder;
    this.#events = events;
  }

  async handle({ order }: WriteInvoice, { signal }: JobContext): Promise<void> {
    await this.#folder.write(this.#folder.invoice(order.id), renderInvoice(order), signal);
    await this.#events.publish({ kind: "invoice-written", orderId: order.id });
  }
}
