import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { WakePace } from "../src/wake-pace.ts";

const mail = [{ queue: "mail" }];
const both = [{ queue: "mail" }, { queue: "bills" }, { queue: "bills" }];

describe("WakePace", () => {
  let told: (readonly [queues: readonly string[], jobs: number])[];
  let pace: WakePace;

  beforeEach(() => {
    vi.useFakeTimers();
    told = [];
    pace = new WakePace(async (queues, jobs) => told.push([queues, jobs]));
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it("lets the first job of a queue wake by itself", () => {
    expect(pace.isLeading(mail)).toBe(true);
    vi.advanceTimersByTime(100);
    expect(told).toEqual([]);
  });

  it("tells those that follow at once together, a little later", () => {
    pace.isLeading(both);

    const leading = [pace.isLeading(mail), pace.isLeading(both)];
    vi.advanceTimersByTime(2);

    expect(leading).toEqual([false, false]);
    expect(told).toEqual([[["mail", "bills"], 4]]);
  });

  it("lets a queue lead again after a while", () => {
    pace.isLeading(mail);
    vi.advanceTimersByTime(2);

    expect(pace.isLeading(mail)).toBe(true);
  });

  it("lets a batch lead in which a queue is new", () => {
    pace.isLeading(mail);

    expect(pace.isLeading(both)).toBe(true);
  });

  it("keeps its pace after it has told", () => {
    pace.isLeading(mail);
    pace.isLeading(mail);
    vi.advanceTimersByTime(2);

    expect(pace.isLeading(mail)).toBe(false);
  });

  it("tells nothing after it was closed", () => {
    pace.isLeading(mail);
    pace.isLeading(mail);

    pace.close();
    vi.advanceTimersByTime(100);

    expect(told).toEqual([]);
  });

  it("does not mind a wake that failed", async () => {
    const failing = new WakePace(() => Promise.reject(new Error("gone")));
    failing.isLeading(mail);
    failing.isLeading(mail);

    await vi.advanceTimersByTimeAsync(2);

    expect(failing.isLeading(mail)).toBe(false);
  });
});
