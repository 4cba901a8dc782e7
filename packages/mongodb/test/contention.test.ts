import { describeWithServer } from "@revojs/conformance/vitest";
import { ManualClock } from "@revojs/core";
import { describe, expect, it } from "vitest";
import { Timestamp } from "mongodb";
import { ClaimTrail, type TrailPlace } from "../src/claim-trail.ts";
import { ClaimWindow } from "../src/claim-window.ts";
import {
  aClaim,
  aJob,
  registerServer,
  allSucceed,
  fill,
  someJobs,
} from "@revojs/conformance/fixtures";
import { aStorage } from "./a-storage.ts";

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

  it("tells once that a claim contended, and then hears nothing of those read before", () => {
    const window = new ClaimWindow(false);
    const { era } = window;
    window.learn(100, 0, era);

    const told = [window.takeContended(), window.takeContended()];
    window.learn(100, 0, era);
    const leaps = Array.from({ length: 50 }, () => window.leap(100));

    expect(told).toEqual([true, false]);
    expect([window.takeContended(), window.factor]).toEqual([false, 2]);
    // By at least half the window, and not by more than the whole.
    expect(new Set(leaps)).toEqual(new Set([200]));
  });

  it("stays as it is between the two, for single jobs, and where order is strict", () => {
    const [window, strict] = [new ClaimWindow(false), new ClaimWindow(true)];

    window.learn(100, 80);
    window.learn(1, 0);
    strict.learn(100, 0);

    expect([window.factor, strict.factor]).toEqual([1, 1]);
  });
});

describe("the trail of claims", () => {
  it("goes on where the last read of the same queue ended, for so many reads and so long", async () => {
    const clock = new ManualClock(0);
    const trail = new ClaimTrail(clock);
    const atFirst = trail.next("default");
    trail.start("default", placeOf(1));

    const [same, other] = [trail.next("default"), trail.next("other")];
    for (let read = 0; read < 32; read++) trail.advance(placeOf(2));
    const afterMany = trail.next("default");
    trail.start("default", placeOf(3));
    await clock.advance(1000);
    const afterLong = trail.next("default");

    expect(same).toEqual(placeOf(1));
    expect([atFirst, other, afterMany, afterLong]).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  });

  it("goes on past its length while others move the head, and not when it stands still", async () => {
    const clock = new ManualClock(0);
    const trail = new ClaimTrail(clock);
    trail.start("default", placeOf(10));
    await clock.advance(1000);

    const seenFirst = trail.renew("default", placeOf(1));
    const moved = trail.renew("default", placeOf(2));
    const still = trail.renew("default", placeOf(2));
    const other = trail.renew("other", placeOf(3));

    expect([seenFirst, moved]).toEqual([placeOf(10), placeOf(10)]);
    expect([still, other]).toEqual([undefined, undefined]);
  });

  it("lets reads begin one after the other, but waits for none that does not come back", async () => {
    const clock = new ManualClock(0);
    const trail = new ClaimTrail(clock);
    const begun: number[] = [];
    const never = new Promise<void>(() => {});

    void trail.inTurn(async () => {
      begun.push(1);
      await never;
    });
    const second = trail.inTurn(async () => void begun.push(2));
    const whileWaiting = [...begun];
    await clock.advance(100);
    await second;
    await trail.inTurn(async () => void begun.push(3));

    expect(whileWaiting).toEqual([1]);
    expect(begun).toEqual([1, 2, 3]);
  });
});

describeWithServer("mongodb", "claims that contend", ({ url }) => {
  it(
    "go on where the one before ended, unless there is something of higher priority",
    patience,
    async () => {
      const { storage } = await aStorage(url);
      const [low, lowToo] = [someJobs(40), someJobs(40)];
      await fill(storage, [...low, ...lowToo]);
      const serverId = await registerServer(storage);
      const claim = (limit: number) =>
        storage.exchange({ serverId, settle: [], claim: aClaim({ limit }) });
      // Two at once, so that the second goes on behind the first.
      const both = await Promise.all([claim(20), claim(20)]);
      const urgent = aJob({ priority: 0 });
      await storage.enqueue({ jobs: [urgent] });

      const next = await Promise.all([claim(10), claim(10)]);

      const idsOf = (replies: typeof both) => replies.map(({ jobs }) => jobs.map(({ id }) => id));
      const stored = [...low, ...lowToo].map(({ id }) => id);
      expect(new Set(idsOf(both).flat())).toEqual(new Set(stored.slice(0, 40)));
      const given = idsOf(next).flat();
      expect(given).toContain(urgent.id);
      expect(new Set(given).size).toBe(given.length);
      // Both looked at the head for the urgent one: who lost jobs to the other gives what it won, and is asked again.
      const short = next.filter(({ jobs }) => jobs.length < 10);
      expect(short.map(({ nextClaimInMs }) => nextClaimInMs)).toEqual(short.map(() => 0));
      expect(given.length).toBeGreaterThanOrEqual(10);
    },
  );

  it("from six processes give each of 6,000 jobs once, and none is left", patience, async () => {
    const { storage, db } = await aStorage(url);
    await fill(storage, someJobs(6000));
    const others = await Promise.all(
      [1, 2, 3, 4, 5].map(async () => (await aStorage(url, { db })).storage),
    );
    const given: string[] = [];

    await Promise.all(
      [storage, ...others].map(async (one) => {
        const serverId = await registerServer(one);
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
          const serverId = await registerServer(one);
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

function placeOf(order: number): TrailPlace {
  return { priority: 5, order: new Timestamp({ t: order, i: 1 }) };
}
