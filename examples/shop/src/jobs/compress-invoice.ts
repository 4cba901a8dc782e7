import type { IJob, IJobHandler, JobContext } from "@revojs/core";
import type { OutputFolder } from "../books/output-folder.ts";
import type { OrderEvents } from "../order-events.ts";
import type { Order } from "../orders/order.ts";

export class CompressInvoice implements IJob {
  static readonly type = "compress-invoice";
  readonly orderId: string;

  constructor(order: Order) {
    this.orderId = order.id;
  }
}

export class CompressInvoiceHandler implements IJobHandler<CompressInvoice> {
  readonly #folder: OutputFolder;
  readonly #events: OrderEvents;

  constructor(folder: OutputFolder, events: OrderEvents) {
    this.#folder = folder;
    this.#events = events;
  }

  async handle({ orderId }: CompressInvoice, { signal }: JobContext): Promise<void> {
    await this.#folder.compress(this.#folder.invoice(orderId), signal);
    await this.#events.publish({ kind: "invoice-archived", orderId });
  }
}
