import { randomBytes } from "node:crypto";
import { setTimeout } from "node:timers/promises";
import {
  type IJobStorage,
  type IRevoMonitor,
  type Revo,
  type RevoConfiguration,
  RevoError,
} from "@revojs/core";
import { type BooksCheck, checkBooks } from "./books/check-books.ts";
import { Ledger } from "./books/ledger.ts";
import type { OutputFolder } from "./books/output-folder.ts";
import { openFileLogger } from "./console/file-logger.ts";
import type { Progress } from "./console/progress.ts";
import { UsageError } from "./console/usage-error.ts";
import { OrderEvents } from "./order-events.ts";
import { OrderSagas } from "./order-sagas.ts";
import type { OrderSource } from "./orders/order-source.ts";
import { type BadOrder, readOrders } from "./orders/read-orders.ts";
import { PaymentGateway } from "./payment-gateway.ts";
import { configureShop } from "./shop.ts";
import { ShopStatistics } from "./statistics.ts";

export interface RunOptions {
  readonly storage: IJobStorage<unknown>;
  readonly source: OrderSource;
  readonly folder: OutputFolder;
  /** How many jobs run at once. */
  readonly concurrency: number;
  /** How long a customer has to pay before the reminder goes out. */
  readonly remindAfterMs: number;
  readonly progress: Progress;
  /** Stops the run: jobs that run may end, the rest is left. */
  readonly signal: AbortSignal;
}

/** What one run did. */
export interface ShopResult {
  readonly orders: number;
  /** Orders that need nothing more. */
  readonly closedOrders: number;
  readonly badOrders: readonly BadOrder[];
  readonly statistics: ShopStatistics;
  readonly repeatedEvents: number;
  readonly seconds: number;
  readonly wasStopped: boolean;
  readonly books: BooksCheck;
}

/** Takes in all orders, works until no job is left, then checks the books against what the jobs say they did. */
export async function runShop(options: RunOptions): Promise<ShopResult> {
  const startedAt = performance.now();
  const run = `shop-${randomBytes(4).toString("hex")}`;
  const { storage, concurrency, folder, progress, signal } = options;
  const gateway = new PaymentGateway();
  const events = new OrderEvents();
  const sagas = new OrderSagas(options.remindAfterMs, run);
  const statistics = new ShopStatistics();
  const ledger = await Ledger.open(folder.ledger);
  const logger = openFileLogger(folder.log);
  const shop = configureShop({
    storage,
    queue: run,
    concurrency,
    events,
    gateway,
    folder,
    ledger,
    statistics,
    logger,
  });
  const orderIds: string[] = [];
  const badOrders: BadOrder[] = [];
  try {
    await using revo = await startOrExplain(shop);
    statistics.listenTo(revo.events);
    events.subscribe((event) => sagas.deliver(event, revo.commands));
    progress.start(() => sagas.progress);

    for await (const line of untilStopped(readOrders(options.source.chunks), signal)) {
      if (line.kind === "bad") {
        badOrders.push(line);
      } else {
        orderIds.push(line.order.id);
        await events.publish({ kind: "order-placed", orderId: line.order.id, order: line.order });
      }
    }
    await untilNoJobIsLeft(revo.monitor, run, signal);
  } finally {
    progress.stop();
    await ledger.close();
    await logger.close();
  }
  const { payments } = gateway;
  return {
    orders: orderIds.length,
    closedOrders: sagas.progress.closed,
    badOrders,
    statistics,
    repeatedEvents: events.repeated,
    seconds: (performance.now() - startedAt) / 1000,
    wasStopped: signal.aborted,
    books: await checkBooks({ folder, orderIds, payments, statistics }),
  };
}

/** @throws {@link UsageError}: the storage that was asked for cannot be used. */
async function startOrExplain(shop: RevoConfiguration<unknown>): Promise<Revo<unknown>> {
  try {
    return await shop.start();
  } catch (error) {
    const isOfStorage = error instanceof RevoError && /^REVO_(STORAGE|SCHEMA)_/.test(error.code);
    throw isOfStorage ? new UsageError(`${error.message} (${error.code})`) : error;
  }
}

/** The items up to the moment of the signal, also when the next one never comes. */
async function* untilStopped<T>(items: AsyncGenerator<T>, signal: AbortSignal): AsyncGenerator<T> {
  const stopped = new Promise<"stopped">((resolve) => {
    signal.addEventListener("abort", () => resolve("stopped"), { once: true });
  });
  while (!signal.aborted) {
    const next = await Promise.race([items.next(), stopped]);
    if (next === "stopped" || next.done === true) return;
    yield next.value;
  }
}

async function untilNoJobIsLeft(
  monitor: IRevoMonitor,
  queue: string,
  signal: AbortSignal,
): Promise<void> {
  const unfinished = {
    queues: [queue],
    states: ["scheduled", "enqueued", "processing"],
  } as const;
  while (!signal.aborted) {
    const { count } = await monitor.count(unfinished, { atMost: 1 });
    if (count === 0) return;
    await setTimeout(50, undefined, { signal }).catch(() => {});
  }
}
