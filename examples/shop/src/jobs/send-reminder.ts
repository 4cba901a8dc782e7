import type { IJob, IJobHandler, JobContext } from "@revojs/core";
import type { OutputFolder } from "../books/output-folder.ts";
import type { OrderEvents } from "../order-events.ts";
import { formatCents, type Order } from "../orders/order.ts";

export class SendReminder implements IJob {
  static readonly type = "send-reminder";
  readonly orderId: string;
  readonly name: string;
  readonly email: string;
  readonly amountCents: number;

  constructor(order: Order) {
    this.orderId = order.id;
    this.name = order.customer.name;
    this.email = order.customer.email;
    this.amountCents = order.totalCents;
  }
}

export class SendReminderHandler implements IJobHandler<SendReminder> {
  readonly #folder: OutputFolder;
  readonly #events: OrderEvents;

  constructor(folder: OutputFolder, events: OrderEvents) {
    this.#folder = folder;
    this.#events = events;
  }

  async handle(job: SendReminder, { signal }: JobContext): Promise<void> {
    const text = [
      `To: ${job.name} <${job.email}>`,
      `Subject: Your order ${job.orderId}`,
      "",
      `We have not yet received your payment of EUR ${formatCents(job.amountCents)}.`,
      "",
    ];
    await this.#folder.write(this.#folder.reminder(job.orderId), text.join("\n"), signal);
    await this.#events.publish({ kind: "reminder-sent", orderId: job.orderId });
  }
}
