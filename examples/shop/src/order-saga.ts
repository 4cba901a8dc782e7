import { DeleteJobCommand, EnqueueJobCommand, ScheduleJobCommand } from "@revojs/core";
import { CapturePayment } from "./jobs/capture-payment.ts";
import { CompressInvoice } from "./jobs/compress-invoice.ts";
import { RecordSale } from "./jobs/record-sale.ts";
import { SendReminder } from "./jobs/send-reminder.ts";
import { WriteInvoice } from "./jobs/write-invoice.ts";
import type { OrderEvent } from "./order-events.ts";
import type { Order } from "./orders/order.ts";

export type JobCommand = EnqueueJobCommand<object> | ScheduleJobCommand<object> | DeleteJobCommand;

/**
 * One order's way through the shop: events in, commands out, nothing else. An event may come twice: every command has a key
 * under which a job is stored once. Keys begin with the name of the run: in a storage that lasts, those of an earlier run are kept.
 */
export class OrderSaga {
  readonly #order: Order;
  readonly #remindAt: Date;
  readonly #run: string;
  readonly #seen = new Set<OrderEvent["kind"]>();

  constructor(order: Order, remindAt: Date, run: string) {
    this.#order = order;
    this.#remindAt = remindAt;
    this.#run = run;
  }

  /** Paid, recorded and archived, or reminded. */
  get isClosed(): boolean {
    const isArchived = this.#seen.has("sale-recorded") && this.#seen.has("invoice-archived");
    return isArchived || this.#seen.has("reminder-sent");
  }

  handle(event: OrderEvent): readonly JobCommand[] {
    const order = this.#order;
    this.#seen.add(event.kind);
    switch (event.kind) {
      case "order-placed":
        // A deleted job frees its key, so a key alone would not keep a late repetition from reminding a customer who has paid.
        if (this.#seen.has("payment-received")) return [];
        // The reminder first: a payment that arrives at once must find it, to delete it.
        return [
          new ScheduleJobCommand(new SendReminder(order), this.#remindAt, {
            key: this.#key("remind"),
          }),
          new EnqueueJobCommand(new CapturePayment(order), { key: this.#key("capture") }),
        ];
      case "payment-received":
        return [
          new DeleteJobCommand({ key: this.#key("remind") }),
          new EnqueueJobCommand(new WriteInvoice(order), { key: this.#key("invoice") }),
          new EnqueueJobCommand(new RecordSale(order), { key: this.#key("record") }),
        ];
      case "invoice-written":
        return [new EnqueueJobCommand(new CompressInvoice(order), { key: this.#key("compress") })];
      case "invoice-archived":
      case "sale-recorded":
      case "reminder-sent":
        return [];
    }
  }

  #key(step: string): string {
    return `${this.#run}/${step}/${this.#order.id}`;
  }
}
