import type { Order } from "./orders/order.ts";

/** What happened to an order. */
export type OrderEvent =
  | { readonly kind: "order-placed"; readonly orderId: string; readonly order: Order }
  | {
      readonly kind:
        | "payment-received"
        | "invoice-written"
        | "invoice-archived"
        | "sale-recorded"
        | "reminder-sent";
      readonly orderId: string;
    };

export type OrderEventListener = (event: OrderEvent) => Promise<void>;

/**
 * The shop's own event bus. Delivers at least once, as every bus does: each tenth event comes twice, so that the demo shows
 * what becomes of that.
 */
export class OrderEvents {
  readonly #listeners: OrderEventListener[] = [];
  #published = 0;
  #repeated = 0;

  get repeated(): number {
    return this.#repeated;
  }

  subscribe(listener: OrderEventListener): void {
    this.#listeners.push(listener);
  }

  /** Resolves when everybody has dealt with the event. */
  async publish(event: OrderEvent): Promise<void> {
    await this.#deliver(event);
    if (++this.#published % 10 !== 0) return;
    this.#repeated += 1;
    await this.#deliver(event);
  }

  async #deliver(event: OrderEvent): Promise<void> {
    for (const listener of this.#listeners) await listener(event);
  }
}
