import { describe, expect, it } from "vitest";
import { AttemptQueue } from "../../src/server/attempt-queue.ts";
import { SeededRandom } from "../support/seeded-random.ts";
import { anAttempt } from "./builders.ts";

describe("AttemptQueue", () => {
  it("gives attempts in the order in which they came", () => {
    const queue = new AttemptQueue();
    const attempts = [anAttempt(), anAttempt(), anAttempt()];
    for (const attempt of attempts) queue.push(attempt);

    const taken = [queue.take(), queue.take(), queue.take(), queue.take()];

    expect(taken).toEqual([...attempts, undefined]);
  });

  it("lets one be taken out of the middle, once", () => {
    const queue = new AttemptQueue();
    const [first, second, third] = [anAttempt(), anAttempt(), anAttempt()];
    for (const attempt of [first, second, third]) queue.push(attempt);

    const removed = [queue.remove(second), queue.remove(second)];

    expect(removed).toEqual([true, false]);
    expect([...queue]).toEqual([first, third]);
    expect(queue.length).toBe(2);
  });

  it("does not find what was taken", () => {
    const queue = new AttemptQueue();
    const attempt = anAttempt();
    queue.push(attempt);
    queue.take();

    const removed = queue.remove(attempt);

    expect(removed).toBe(false);
  });

  it("is empty after all were taken", () => {
    const queue = new AttemptQueue();
    const attempts = [anAttempt(), anAttempt(), anAttempt()];
    for (const attempt of attempts) queue.push(attempt);
    queue.take();

    const rest = queue.takeAll();

    expect(rest).toEqual(attempts.slice(1));
    expect([queue.length, queue.take()]).toEqual([0, undefined]);
  });

  it("does as a plain list does, over thousands of random acts", () => {
    const random = new SeededRandom(42);
    const queue = new AttemptQueue();
    const list: ReturnType<typeof anAttempt>[] = [];

    for (let act = 0; act < 5_000; act++) {
      const what = random.fraction();
      if (what < 0.5) {
        const attempt = anAttempt();
        queue.push(attempt);
        list.push(attempt);
      } else if (what < 0.95) {
        expect(queue.take()).toBe(list.shift());
      } else if (list.length > 0) {
        const [removed] = list.splice(random.integer(0, list.length - 1), 1);
        if (removed !== undefined) expect(queue.remove(removed)).toBe(true);
      }
      expect(queue.length).toBe(list.length);
    }

    expect([...queue]).toEqual(list);
  });
});
