import { describeWithServer } from "@revojs/conformance/vitest";
import { describe, expect, it } from "vitest";
import { ClaimWindow } from "../src/claim-window.ts";
import { aClaim, aServer, allSucceed, aStorage, fill, someJobs } from "./a-storage.ts";

const patience = { timeout: 60_000 };

describe("the window of a claim", () => {
  it("widens while others take most of it, and narrows again when they are gone", () => {
    const window = new ClaimWindow(false);

    const contended = [1, 2, 3].map(() => {
      window.learn(100, 40);
      return window.factor;
    });
    const calm = Array.from({ length: 48 }, () => {
      window.learn(100, 100);
      return window.factor;
    });

    expect(contended).toEqual([2, 4, 8]);
    // Slowly: it is calm because it is wide.
    expect([calm[14], calm[15], calm[31], calm[47]]).toEqual([8, 4, 2, 1]);
  });

  it("begins anywhere within itself, by whole claims", () => {
    const window = new ClaimWindow(false);
    const alone = window.draw(100);
    window.learn(100, 0);
    window.learn(100, 0);

    const drawn = new Set(Array.from({ length: 200 }, () => window.draw(100)));

    expect(alone).toBe(0);
    expect([...drawn].toSorted((a, b) => a - b)).toEqual([0, 100, 200, 300]);
  });

  it("stays as it is between the two, for single jobs, and where order is strict", () => {
    const [window, strict] = [new ClaimWindow(false), new ClaimWindow(true)];

    window.learn(100, 80);
    window.learn(1, 0);
    strict.learn(100, 0);

    expect([window.factor, strict.factor]).toEqual([1, 1]);
  });
});

describeWithServer("mongodb", "claims that contend", ({ url }) => {
  it("from six processes give each of 6,000 jobs once, and none is left", patience, async () => {
    const { storage, db } = await aStorage(url);
    await fill(storage, someJobs(6000));
    const others = await Promise.all(
      [1, 2, 3, 4, 5].map(async () => (await aStorage(url, { db })).storage),
    );
    const given: string[] = [];

    await Promise.all(
      [storage, ...others].map(async (one) => {
        const serverId = await aServer(one);
        for (;;) {
          const claim = aClaim({ limit: 50 });
          const reply = await one.exchange({ serverId, settle: [], claim });
          given.push(...reply.jobs.map(({ id }) => id));
          if (reply.jobs.length === 0 && reply.nextClaimInMs !== 0) return;
          await one.exchange({ serverId, settle: allSucceed(reply.jobs, claim.token) });
        }
      }),
    );

    expect(given).toHaveLength(6000);
    expect(new Set(given).size).toBe(6000);
  });

  it(
    "keep the order of arrival where it is strict: what one process gets is always older than what it gets next",
    patience,
    async () => {
      const { storage, db } = await aStorage(url, { strictFifo: true });
      await fill(storage, someJobs(2000));
      const { storage: other } = await aStorage(url, { db, strictFifo: true });

      const orders = await Promise.all(
        [storage, other].map(async (one) => {
          const serverId = await aServer(one);
          const ids: string[] = [];
          for (;;) {
            const { jobs, nextClaimInMs } = await one.exchange({
              serverId,
              settle: [],
              claim: aClaim({ limit: 20 }),
            });
            ids.push(...jobs.map(({ id }) => id));
            if (jobs.length === 0 && nextClaimInMs !== 0) return ids;
          }
        }),
      );

      for (const ids of orders) expect(ids).toEqual(ids.toSorted((a, b) => (a < b ? -1 : 1)));
      expect(orders.flat()).toHaveLength(2000);
    },
  );
});
