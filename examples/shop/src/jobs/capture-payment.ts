import { type IJob, type IJobHandler, type JobContext, NonRetryableError } from "@revojs/core";
import type { OrderEvents } from "../order-events.ts";
import type { Order } from "../orders/order.ts";
import { type PaymentGateway, PaymentRefused } from "../payment-gateway.ts";

export class CapturePayment implements IJob {
  static readonly type = "capture-payment";
  readonly orderId: string;
  readonly amountCents: number;
  readonly paymentToken: string;

  constructor(order: Order) {
    this.orderId = order.id;
    this.amountCents = order.totalCents;
    this.paymentToken = order.paymentToken;
  }
}

export class CapturePaymentHandler implements IJobHandler<CapturePayment> {
  readonly #gateway: PaymentGateway;
  readonly #events: OrderEvents;

  constructor(gateway: PaymentGateway, events: OrderEvents) {
    this.#gateway = gateway;
    this.#events = events;
  }

  async handle(job: CapturePayment, { signal }: JobContext): Promise<void> {
    try {
      await this.#gateway.capture(job, signal);
    } catch (error) {
      // Asking again gets the same answer. Everything else (a busy gateway, a timeout) is tried again by itself.
      if (error instanceof PaymentRefused) {
        throw new NonRetryableError(error.message, { cause: error });
      }
      throw error;
    }
    await this.#events.publish({ kind: "payment-received", orderId: job.orderId });
  }
}
