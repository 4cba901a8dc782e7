// The order and the job about it are stored in one transaction: both are there, or neither. So are the job's own work and its end.
import { job, type JobContext, type JobHandle, RevoConfiguration } from "@revojs/core";
import { PostgresJobStorage } from "@revojs/postgres";
import pg from "pg";

const connectionString = process.env["POSTGRES_URL"] ?? "postgres://localhost/shop";
const pool = new pg.Pool({ connectionString });

const ship = job("ship", async ({ orderId }: { orderId: string }, context: JobContext) => {
  await inTransaction(async (client) => {
    await client.query("insert into parcels (order_id) values ($1)", [orderId]);
    // From here on the commit is the end of the job: no parcel is packed twice, whatever happens after it.
    await context.completeIn(client);
  });
});

const revo = await new RevoConfiguration()
  .useJobs(
    () => new PostgresJobStorage({ connectionString }),
    (jobs) => jobs.add(ship),
  )
  .start();

await pool.query("create table if not exists orders (id text primary key, item text not null)");
await pool.query("create table if not exists parcels (order_id text not null)");
await pool.query("truncate orders, parcels");

/** Stores an order, and the job that ships it. */
function placeOrder(orderId: string, item: string): Promise<JobHandle<void>> {
  return inTransaction(async (client) => {
    await client.query("insert into orders (id, item) values ($1, $2)", [orderId, item]);
    const options = { transaction: client, uniqueKey: `ship/${orderId}` };
    const shipping = await revo.scheduler.enqueueJob(ship, { orderId }, options);
    if (item === "") throw new Error("an order needs an item");
    return shipping;
  });
}

const shipping = await placeOrder("A-1", "tea");
await placeOrder("A-2", "").catch((error: Error) => console.log(`A-2: ${error.message}`));

const orders = await pool.query<{ id: string }>("select id from orders");
console.log(`orders: ${orders.rows.map(({ id }) => id).join(", ")}`);
console.log(`a job for A-2: ${(await revo.scheduler.getJob({ key: "ship/A-2" })) !== null}`);

await shipping.result();
const parcels = await pool.query<{ order_id: string }>("select order_id from parcels");
console.log(`parcels: ${parcels.rows.map(({ order_id }) => order_id).join(", ")}`);

await revo.stop();
await pool.end();

/** What every service with a database has: commits what `work` did, or rolls it back when it throws. */
async function inTransaction<T>(work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  try {
    await client.query("begin");
    const answer = await work(client);
    await client.query("commit");
    return answer;
  } catch (error) {
    await client.query("rollback");
    throw error;
  } finally {
    client.release();
  }
}
