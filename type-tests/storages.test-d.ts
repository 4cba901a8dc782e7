// Every storage's declarations compile, and it alone says what a transaction is: one that has none refuses it in the compiler.
// oxlint-disable typescript/no-unnecessary-type-parameters -- the comparison of types needs parameters that stand once
import { RevoConfiguration, type IJob, type IJobScheduler } from "@revojs/core";
import { MemoryJobStorage } from "@revojs/memory";
import { MongodbJobStorage } from "@revojs/mongodb";
import { PostgresJobStorage } from "@revojs/postgres";
import { RedisJobStorage } from "@revojs/redis";
import type { ClientSession } from "mongodb";
import type { ClientBase } from "pg";

type Equal<Left, Right> =
  (<T>() => T extends Left ? 1 : 2) extends <T>() => T extends Right ? 1 : 2 ? true : false;
function assertType<_T extends true>(): void {}

class ShipOrder implements IJob {
  static readonly type = "ship-order";
  readonly orderId = "1";
}

declare const client: ClientBase;
declare const session: ClientSession;
const connectionString = "";

export async function withTransactions(): Promise<void> {
  const onPostgres = await new RevoConfiguration()
    .useJobs(
      () => new PostgresJobStorage({ connectionString }),
      (jobs) => jobs.handle(ShipOrder, async () => {}),
    )
    .useCommands(() => {})
    .start();
  await onPostgres.scheduler.enqueueJob(new ShipOrder(), { transaction: client });
  await onPostgres.scheduler.enqueueJobs([new ShipOrder()], { transaction: client });
  // @ts-expect-error -- another database's
  await onPostgres.scheduler.enqueueJob(new ShipOrder(), { transaction: session });

  const onMongodb = await new RevoConfiguration()
    .useJobs(async () => new MongodbJobStorage({ url: "" }))
    .start();
  await onMongodb.scheduler.enqueueJob(new ShipOrder(), { transaction: session });
  // @ts-expect-error -- another database's
  await onMongodb.scheduler.enqueueJob(new ShipOrder(), { transaction: client });
}

export async function withoutTransactions(): Promise<void> {
  const onRedis = await new RevoConfiguration()
    .useJobs(() => new RedisJobStorage({ connectionString }))
    .start();
  const inMemory = await new RevoConfiguration().useJobs(() => new MemoryJobStorage()).start();
  assertType<Equal<typeof onRedis.scheduler, IJobScheduler>>();
  assertType<Equal<typeof inMemory.scheduler, IJobScheduler>>();
  // @ts-expect-error -- Redis has no transactions to enqueue in
  await onRedis.scheduler.enqueueJob(new ShipOrder(), { transaction: {} });
}
