import type { ICommandBus } from "@revojs/core";
import type { OrderEvent } from "./order-events.ts";
import { OrderSaga } from "./order-saga.ts";

/** All orders' sagas: takes each event to its saga, and sends the commands that it answers. */
export class OrderSagas {
  readonly #remindAfterMs: number;
  readonly #run: string;
  readonly #sagas = new Map<string, OrderSaga>();
  #closed = 0;

  /** @param run Tells the jobs of one run of the shop from those of all others. */
  constructor(remindAfterMs: number, run: string) {
    this.#remindAfterMs = remindAfterMs;
    this.#run = run;
  }

  /** How many orders there are, and how many of them need nothing more. */
  get progress(): { readonly orders: number; readonly closed: number } {
    return { orders: this.#sagas.size, closed: this.#closed };
  }

  async deliver(event: OrderEvent, commands: ICommandBus): Promise<void> {
    const saga = this.#sagaOf(event);
    const wasClosed = saga.isClosed;
    for (const command of saga.handle(event)) await commands.send(command);
    if (saga.isClosed && !wasClosed) this.#closed += 1;
  }

  #sagaOf(event: OrderEvent): OrderSaga {
    const known = this.#sagas.get(event.orderId);
    if (known !== undefined) return known;
    if (event.kind !== "order-placed") throw new Error(`No order ${event.orderId}`);
    const saga = new OrderSaga(event.order, new Date(Date.now() + this.#remindAfterMs), this.#run);
    this.#sagas.set(event.orderId, saga);
    return saga;
  }
}
