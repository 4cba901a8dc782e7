import { type IJobStorage, type ILogger, RevoConfiguration } from "@revojs/core";
import type { Ledger } from "./books/ledger.ts";
import type { OutputFolder } from "./books/output-folder.ts";
import { CapturePayment, CapturePaymentHandler } from "./jobs/capture-payment.ts";
import { CompressInvoice, CompressInvoiceHandler } from "./jobs/compress-invoice.ts";
import { RecordSale, RecordSaleHandler } from "./jobs/record-sale.ts";
import { SendReminder, SendReminderHandler } from "./jobs/send-reminder.ts";
import { WriteInvoice, WriteInvoiceHandler } from "./jobs/write-invoice.ts";
import type { OrderEvents } from "./order-events.ts";
import type { PaymentGateway } from "./payment-gateway.ts";
import type { ShopStatistics } from "./statistics.ts";

/** What the shop's handlers work with. */
export interface ShopParts {
  readonly storage: IJobStorage<unknown>;
  /** One of its own for each run: two of them on one storage must not take each other's jobs. */
  readonly queue: string;
  /** How many jobs run at once. */
  readonly concurrency: number;
  readonly events: OrderEvents;
  readonly gateway: PaymentGateway;
  readonly folder: OutputFolder;
  readonly ledger: Ledger;
  readonly statistics: ShopStatistics;
  readonly logger: ILogger;
}

/** Everything that Revo is told: which jobs there are, who does them, how often and for how long they are tried. */
export function configureShop(parts: ShopParts): RevoConfiguration<unknown> {
  const { queue, concurrency, events, gateway, folder, ledger } = parts;
  return new RevoConfiguration()
    .useLogger(parts.logger)
    .use(parts.statistics.countDeletions)
    .useJobs(
      () => parts.storage,
      (jobs) =>
        jobs
          .defaults({
            queue,
            maxAttempts: 5,
            retry: { kind: "fixed", delay: "200 ms", jitter: "full" },
            // A demo leaves nothing in a database for long, not even what it had no time for.
            retention: { succeeded: "1 h", failed: "1 h", deleted: "1 h" },
            discardAfterMs: 3_600_000,
          })
          .handle(CapturePayment, new CapturePaymentHandler(gateway, events), {
            maxAttempts: 4,
            timeout: "1 s",
            retry: { kind: "exponential", first: "300 ms", max: "2 s" },
          })
          .handle(WriteInvoice, new WriteInvoiceHandler(folder, events), { priority: 3 })
          .handle(CompressInvoice, new CompressInvoiceHandler(folder, events), { priority: 4 })
          .handle(RecordSale, new RecordSaleHandler(ledger, events), { priority: 3 })
          .handle(SendReminder, new SendReminderHandler(folder, events))
          // The shop prints what was done before it ends, so it answers Ctrl-C itself.
          .server({ queues: [queue], concurrency, grace: "3 s", signals: false })
          .redact(["payload.paymentToken", "payload.order.paymentToken"]),
    );
}
