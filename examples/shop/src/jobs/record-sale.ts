import type { IJob, IJobHandler } from "@revojs/core";
import type { Ledger } from "../books/ledger.ts";
import type { OrderEvents } from "../order-events.ts";
import type { Order } from "../orders/order.ts";

export class RecordSale implements IJob {
  static readonly type = "record-sale";
  readonly orderId: string;
  readonly date: string;
  readonly amountCents: number;

  constructor(order: Order) {
    this.orderId = order.id;
    this.date = order.placedAt.slice(0, 10);
    this.amountCents = order.totalCents;
  }
}

export class RecordSaleHandler implements IJobHandler<RecordSale> {
  readonly #ledger: Ledger;
  readonly #events: OrderEvents;

  constructor(ledger: Ledger, events: OrderEvents) {
    this.#ledger = ledger;
    this.#events = events;
  }

  async handle({ orderId, date, amountCents }: RecordSale): Promise<void> {
    await this.#ledger.record({ orderId, date, amountCents });
    await this.#events.publish({ kind: "sale-recorded", orderId });
  }
}
