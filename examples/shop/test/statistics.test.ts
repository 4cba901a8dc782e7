import {
  type CommandContext,
  DeleteJobCommand,
  type IRevoEvents,
  ScheduleJobCommand,
} from "@revojs/core";
import { describe, expect, it } from "vitest";
import { SendReminder } from "../src/jobs/send-reminder.ts";
import type { Order } from "../src/orders/order.ts";
import { ShopStatistics } from "../src/statistics.ts";
import { orderJson } from "./order-json.ts";

const order = JSON.parse(orderJson({ id: "A-7" })) as Order;
const key = "run-1/remind/A-7";
const ended = {
  jobId: "reminder-id",
  type: SendReminder.type,
  waitedMs: 1,
  runMs: 1,
  reason: "requested",
};

describe("the statistics of a reminder", () => {
  it("count one that was deleted before its time", async () => {
    const { statistics, send } = await scheduled();

    await send(new DeleteJobCommand({ key }), true);

    expect(statistics.of(SendReminder.type)).toMatchObject({ deleted: 1, succeeded: 0 });
  });

  it("count nothing for a deletion that came too late", async () => {
    const { statistics, send, emit } = await scheduled();
    emit("job.succeeded");

    await send(new DeleteJobCommand({ key }), false);

    expect(statistics.of(SendReminder.type)).toMatchObject({ deleted: 0, succeeded: 1 });
  });

  it("count one that was asked to end and succeeded all the same as succeeded", async () => {
    const first = await scheduled();
    const second = await scheduled();

    await first.send(new DeleteJobCommand({ key }), true);
    first.emit("job.succeeded");
    second.emit("job.succeeded");
    await second.send(new DeleteJobCommand({ key }), true);

    for (const { statistics } of [first, second]) {
      expect(statistics.of(SendReminder.type)).toMatchObject({ deleted: 0, succeeded: 1 });
    }
  });

  it("count one that was asked to end and did so once", async () => {
    const { statistics, send, emit } = await scheduled();

    await send(new DeleteJobCommand({ key }), true);
    emit("job.deleted");

    expect(statistics.of(SendReminder.type)).toMatchObject({ deleted: 1, succeeded: 0 });
  });
});

/** Statistics that know of one reminder, and ways to tell them what happens to it. */
async function scheduled(): Promise<{
  readonly statistics: ShopStatistics;
  readonly send: (message: object, answer: unknown) => Promise<unknown>;
  readonly emit: (name: string) => void;
}> {
  const statistics = new ShopStatistics();
  const listeners = new Map<string, (event: unknown) => void>();
  const on = (name: string, listener: (event: never) => void): void => {
    listeners.set(name, listener as (event: unknown) => void);
  };
  statistics.listenTo({ on } as unknown as IRevoEvents);
  const send = (message: object, answer: unknown): Promise<unknown> =>
    statistics.countDeletions({ message } as CommandContext, async () => answer);
  await send(new ScheduleJobCommand(new SendReminder(order), new Date(), { key }), ended.jobId);
  return { statistics, send, emit: (name) => listeners.get(name)?.(ended) };
}
