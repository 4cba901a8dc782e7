import { once } from "node:events";
import net from "node:net";
import { describeWithServer } from "@revojs/conformance/vitest";
import pg from "pg";
import { afterAll, expect, it, onTestFinished } from "vitest";
import { PostgresJobStorage } from "../src/postgres-job-storage.ts";
import { aJob } from "@revojs/conformance/fixtures";
import { TestDatabase } from "./test-database.ts";

/** How PostgreSQL says that a connection is ready for the first time. */
const READY = Buffer.from([0x5a, 0, 0, 0, 5, 0x49]);

/** How it says that an administrator ended the connection. */
function farewell(): Buffer {
  const fields = Buffer.from("SFATAL\0VFATAL\0C57P01\0Mterminating connection\0\0");
  const head = Buffer.alloc(5);
  head.write("E");
  head.writeInt32BE(fields.length + 4, 1);
  return Buffer.concat([head, fields]);
}

/** Passes connections on to the server; `times` of them are ended in the packet that says they are ready. */
async function aServerThatLeaves(url: string, times: number): Promise<string> {
  const { hostname, port } = new URL(url);
  let left = times;
  const proxy = net.createServer((near) => {
    const far = net.connect(Number(port), hostname);
    for (const socket of [near, far]) {
      socket.on("error", () => {});
      socket.on("close", () => void (near.destroy(), far.destroy()));
    }
    near.pipe(far);
    far.on("data", (data) => {
      if (left > 0 && data.includes(READY)) {
        left -= 1;
        near.end(Buffer.concat([data, farewell()]));
      } else if (near.writable) near.write(data);
    });
  });
  proxy.listen(0, "127.0.0.1");
  await once(proxy, "listening");
  onTestFinished(() => void proxy.close());
  const through = new URL(url);
  through.hostname = "127.0.0.1";
  through.port = String((proxy.address() as net.AddressInfo).port);
  return through.href;
}

describeWithServer("postgres", "a connection that ends as soon as it is ready", ({ url }) => {
  const database = new TestDatabase(url);
  afterAll(() => database.close());

  it.each(["of its own", "of the caller's"])(
    "does not end the process: a pool %s",
    async (owner) => {
      const schema = database.schemaName();
      const opened = new PostgresJobStorage({ connectionString: url, schema });
      await opened.open();
      const connectionString = await aServerThatLeaves(url, 3);
      const pool = new pg.Pool({ connectionString });
      pool.on("error", () => {});
      onTestFinished(() => pool.end());
      const storage = new PostgresJobStorage({
        schema,
        ...(owner === "of its own" ? { connectionString } : { pool }),
      });

      const openings: unknown[] = [];
      for (let tries = 0; tries < 4; tries++) {
        openings.push(await storage.open().catch(({ code }: { code: string }) => code));
      }

      expect(openings.slice(0, 3)).toEqual(Array(3).fill("REVO_STORAGE_UNAVAILABLE"));
      expect(await storage.enqueue({ jobs: [aJob()] })).toEqual([{ kind: "created" }]);
      await storage.close();
      await opened.close();
    },
  );
});
