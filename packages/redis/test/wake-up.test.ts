import { randomUUID } from "node:crypto";
import { describeWithServer } from "@revojs/conformance/vitest";
import { Redis } from "ioredis";
import { expect, it, onTestFinished } from "vitest";
import { aClaim, aJob, registerServer } from "@revojs/conformance/fixtures";
import { aStorage } from "./a-storage.ts";

describeWithServer("redis", "the wakes of a Redis storage", ({ url }) => {
  it("reach each listener of the process, and those only", async () => {
    const { storage } = await aStorage(url);
    const [one, other] = [await registerServer(storage), await registerServer(storage)];
    const causes: string[] = [];
    await storage.wakeUps.listen({ serverId: one, onWake: (cause) => causes.push(`one ${cause}`) });
    await storage.wakeUps.listen({
      serverId: other,
      onWake: (cause) => causes.push(`other ${cause}`),
    });

    await storage.control.signalServer(other, "stop");
    await storage.control.signalServer(one, "stop");

    await expect.poll(() => causes).toEqual(["other control", "one control"]);
  });

  it("are published to nobody while every server has work", async () => {
    const { storage } = await aStorage(url);
    const admin = new Redis(url);
    onTestFinished(() => admin.disconnect());
    const serverId = await registerServer(storage);
    await storage.enqueue({ jobs: Array.from({ length: 200 }, () => aJob()) });
    await storage.exchange({ serverId, settle: [], claim: aClaim() });
    const before = await publishedOf(admin);

    for (let call = 0; call < 20; call++) await storage.enqueue({ jobs: [aJob()] });

    expect((await publishedOf(admin)) - before).toBe(0);
  });

  it("pass over a server that is gone: the next one is woken", async () => {
    const { storage } = await aStorage(url);
    const [listening, gone] = [await registerServer(storage), await registerServer(storage)];
    const causes: string[] = [];
    await storage.wakeUps.listen({ serverId: listening, onWake: (cause) => causes.push(cause) });
    await storage.exchange({ serverId: listening, settle: [], claim: aClaim() });
    await storage.exchange({ serverId: gone, settle: [], claim: aClaim() });

    await storage.enqueue({ jobs: [aJob()] });

    await expect.poll(() => causes).toEqual(["jobs"]);
  });

  it("can't be listened for once the storage is closed", async () => {
    const { storage } = await aStorage(url);
    await storage.close();

    const listening = storage.wakeUps.listen({ serverId: randomUUID(), onWake: () => {} });

    await expect(listening).rejects.toMatchObject({ code: "REVO_CLOSED" });
  });
});

async function publishedOf(admin: Redis): Promise<number> {
  const [, calls] = /^cmdstat_publish:calls=(\d+)/m.exec(await admin.info("commandstats")) ?? [];
  return Number(calls ?? 0);
}
