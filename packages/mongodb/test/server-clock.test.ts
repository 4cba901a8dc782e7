import { ManualClock } from "@revojs/core";
import { describe, expect, it } from "vitest";
import { ServerClock } from "../src/server-clock.ts";

const NOON_MS = Date.UTC(2027, 0, 1, 12);

/** A server whose clock goes with this process's monotonic one, so many milliseconds apart from the time of day here. */
function aServer(clock: ManualClock) {
  const server = { asked: 0, setBackMs: 0 };
  const read = async () => {
    server.asked++;
    return { nowMs: NOON_MS + clock.monotonicMs() - server.setBackMs };
  };
  return { server, read };
}

describe("the storage's clock", () => {
  it("is the server's, whatever this process takes for the time of day", async () => {
    const clock = new ManualClock(Date.UTC(1999, 0, 1));
    const { read } = aServer(clock);
    const serverClock = new ServerClock(clock, 30_000, read);
    const startMs = clock.monotonicMs();

    expect(await serverClock.nowMs()).toBe(NOON_MS + startMs);

    await clock.advance(1234);
    expect(await serverClock.nowMs()).toBe(NOON_MS + startMs + 1234);
  });

  it("asks the server once in its time, and shares the answer", async () => {
    const clock = new ManualClock(0);
    const { server, read } = aServer(clock);
    const serverClock = new ServerClock(clock, 30_000, read);

    await Promise.all([serverClock.nowMs(), serverClock.nowMs(), serverClock.nowMs()]);
    await clock.advance(29_999);
    await serverClock.nowMs();
    expect(server.asked).toBe(1);

    await clock.advance(1);
    await serverClock.nowMs();
    expect(server.asked).toBe(2);
  });

  it("learns of a server's clock that was set", async () => {
    const clock = new ManualClock(0);
    const { server, read } = aServer(clock);
    const serverClock = new ServerClock(clock, 30_000, read);
    await serverClock.nowMs();
    server.setBackMs = 5000;

    await clock.advance(30_000);

    expect(await serverClock.nowMs()).toBe(NOON_MS + clock.monotonicMs() - 5000);
  });

  it("asks again when the machine has slept: its time of day ran ahead of the monotonic clock", async () => {
    const clock = new ManualClock(0);
    const { server, read } = aServer(clock);
    const serverClock = new ServerClock(clock, 30_000, read);
    await serverClock.nowMs();

    clock.jump(60_000);
    await serverClock.nowMs();

    expect(server.asked).toBe(2);
  });

  it("asks each time where nothing learned is believed", async () => {
    const clock = new ManualClock(0);
    const { server, read } = aServer(clock);
    const serverClock = new ServerClock(clock, 0, read);

    await Promise.all([serverClock.nowMs(), serverClock.nowMs()]);

    expect(server.asked).toBe(2);
  });
});
