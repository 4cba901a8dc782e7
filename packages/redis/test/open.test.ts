import { randomUUID } from "node:crypto";
import { describeWithServer } from "@revojs/conformance/vitest";
import { Redis } from "ioredis";
import { expect, it, onTestFinished } from "vitest";
import { storageKeyOf } from "../src/keys.ts";
import { RedisJobStorage } from "../src/redis-job-storage.ts";
import { aJob } from "@revojs/conformance/fixtures";
import { aStorage } from "./a-storage.ts";
import { describeWithOwnServer } from "./own-server.ts";
import { keysOf } from "./redis-harness.ts";

describeWithServer("redis", "opening on Redis", ({ url }) => {
  it("refuses a prefix under which there is something else, and writes nothing", async () => {
    const prefix = `test-${randomUUID()}`;
    const admin = adminOf(url);
    await admin.set(storageKeyOf(prefix), "mine");

    const opening = aStorage(url, { prefix });

    await expect(opening).rejects.toMatchObject({ code: "REVO_SCHEMA_FOREIGN" });
    expect(await keysOf(admin, prefix)).toEqual([storageKeyOf(prefix)]);
    expect(await admin.get(storageKeyOf(prefix))).toBe("mine");
  });

  it("refuses a storage that a newer version wrote", async () => {
    const prefix = `test-${randomUUID()}`;
    await adminOf(url).hset(storageKeyOf(prefix), { format: 2, id: randomUUID() });

    const opening = aStorage(url, { prefix });

    await expect(opening).rejects.toMatchObject({ code: "REVO_SCHEMA_TOO_NEW" });
  });

  it("can be tried again after it failed", async () => {
    const prefix = `test-${randomUUID()}`;
    const admin = adminOf(url);
    await admin.set(storageKeyOf(prefix), "mine");
    const storage = new RedisJobStorage({ connectionString: url, prefix });
    onTestFinished(() => storage.close());
    await expect(storage.open()).rejects.toThrow();
    await admin.del(storageKeyOf(prefix));

    const { schemaVersion } = await storage.open();

    expect(schemaVersion).toBe(1);
  });

  it("tells each client of one storage the same id, and those of two prefixes two", async () => {
    const prefix = `test-${randomUUID()}`;
    const [one, same, other] = [
      await aStorage(url, { prefix }),
      await aStorage(url, { prefix }),
      await aStorage(url),
    ];

    const [id, sameId, otherId] = await Promise.all(
      [one, same, other].map(async ({ storage }) => (await storage.open()).storageId),
    );

    expect(sameId).toBe(id);
    expect(otherId).not.toBe(id);
  });

  it("takes two connections, one only where nobody listens, and closes them", async () => {
    const admin = adminOf(url);
    const client = new Redis(url, { lazyConnect: true });
    const storage = new RedisJobStorage({ client, prefix: `test-${randomUUID()}` });
    const before = await connectionsOf(admin);
    await storage.open();
    const opened = await connectionsOf(admin);
    await storage.wakeUps.listen({ serverId: randomUUID(), onWake: () => {} });
    await storage.wakeUps.listen({ serverId: randomUUID(), onWake: () => {} });
    const listening = await connectionsOf(admin);

    await storage.close();

    expect([opened - before, listening - before]).toEqual([1, 2]);
    await expect.poll(() => connectionsOf(admin)).toBe(before);
    expect(client.status).toBe("wait");
  });

  it("is not disturbed by the key prefix of the client it was given", async () => {
    const client = new Redis(url, { lazyConnect: true, keyPrefix: "theirs:" });
    const prefix = `test-${randomUUID()}`;

    const { storage } = await aStorage(url, { client, prefix });
    await storage.enqueue({ jobs: [aJob()] });

    expect((await keysOf(adminOf(url), prefix)).length).toBeGreaterThan(3);
  });

  it("names the commands that the user may not use, and writes nothing", async () => {
    const admin = adminOf(url);
    const user = `test-${randomUUID()}`;
    const prefix = `test-${randomUUID()}`;
    await admin.acl("SETUSER", user, "on", ">secret", "~*", "&*", "+@all", "-zadd", "-publish");
    onTestFinished(async () => {
      const again = new Redis(url);
      await again.acl("DELUSER", user);
      again.disconnect();
    });

    const opening = aStorage(asUser(url, user, "secret"), { prefix });

    await expect(opening).rejects.toMatchObject({
      code: "REVO_STORAGE_FORBIDDEN",
      message: expect.stringMatching(/may not use (?:ZADD, PUBLISH|PUBLISH, ZADD)/),
    });
    expect(await keysOf(admin, prefix)).toEqual([]);
  });

  it("needs no rights beyond its own keys and channels", async () => {
    const admin = adminOf(url);
    const user = `test-${randomUUID()}`;
    const prefix = `test-${randomUUID()}`;
    await admin.acl(
      "SETUSER",
      user,
      "on",
      ">secret",
      `~{${prefix}}:*`,
      "resetchannels",
      `&{${prefix}}:*`,
      "+@all",
      "-@dangerous",
      "+info",
    );
    onTestFinished(async () => {
      const again = new Redis(url);
      await again.acl("DELUSER", user);
      again.disconnect();
    });

    const { storage } = await aStorage(asUser(url, user, "secret"), { prefix });

    await storage.wakeUps.listen({ serverId: randomUUID(), onWake: () => {} });
    expect(await storage.enqueue({ jobs: [aJob()] })).toEqual([{ kind: "created" }]);
  });
});

const careless = ["--appendonly", "no", "--maxmemory-policy", "allkeys-lru"];

describeWithOwnServer(
  "opening on a server that may lose jobs",
  { arguments: careless },
  ({ url }) => {
    it("refuses one that would throw away jobs when its memory is full, and writes nothing", async () => {
      const prefix = `test-${randomUUID()}`;

      const opening = aStorage(url, { prefix });

      await expect(opening).rejects.toMatchObject({ code: "REVO_STORAGE_MISCONFIGURED" });
      expect(await keysOf(adminOf(url), prefix)).toEqual([]);
    });

    it("takes it where that is asked for, and warns that nothing is on the disk", async () => {
      const { storage } = await aStorage(url, { allowEviction: true });

      const { warnings } = await storage.open();

      expect(warnings).toEqual([expect.stringContaining("append-only file")]);
      expect(storage.capabilities.durability).toBe("memory");
    });
  },
);

function adminOf(url: string): Redis {
  const admin = new Redis(url);
  onTestFinished(() => admin.disconnect());
  return admin;
}

function asUser(url: string, user: string, password: string): string {
  const address = new URL(url);
  address.username = user;
  address.password = password;
  return address.href;
}

/** Connections of storages, of all tests. */
async function connectionsOf(admin: Redis): Promise<number> {
  const clients = await admin.client("LIST");
  return String(clients)
    .split("\n")
    .filter((line) => line.includes("name=revo-")).length;
}
