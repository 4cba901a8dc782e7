import { AssertionError } from "node:assert/strict";
import { runCase } from "@revojs/conformance";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ModelCommand, ModelOutcome } from "../../src/model/model-command.ts";
import { ModelRun } from "../../src/model/model-run.ts";
import { randomCommands } from "../../src/model/random-commands.ts";
import { memoryHarness, type Wrap } from "./memory-harness.ts";
import { planeMutants } from "./mutants/plane-mutants.ts";
import { recoverMutants } from "./mutants/recover-mutants.ts";
import { settleMutants } from "./mutants/settle-mutants.ts";

const RUNS = 300;
const MOST_STEPS = 60;

const pick = fc.nat(99);
const minutes = fc.nat(9);
const server = fc.nat(2);
const queue = fc.nat(1);

const outcome: fc.Arbitrary<ModelOutcome> = fc.record({
  kind: fc.constantFrom("succeed", "retry", "fail", "release", "delete"),
  minutes: fc.constantFrom(0, 1, 4),
  refundAttempt: fc.boolean(),
});

/** Often, or most histories would be of waiting jobs only. */
const often = (arbitrary: fc.Arbitrary<ModelCommand>): fc.WeightedArbitrary<ModelCommand> => ({
  arbitrary,
  weight: 4,
});

const command: fc.Arbitrary<ModelCommand> = fc.oneof(
  often(
    fc.record({
      kind: fc.constant("enqueue" as const),
      queue,
      priority: fc.constantFrom(0, 5, 9),
      count: fc.integer({ min: 1, max: 3 }),
      maxCrashes: fc.constantFrom(0, 1, 3),
    }),
  ),
  fc.record({ kind: fc.constant("schedule" as const), queue, minutes: minutes.map((n) => n + 1) }),
  fc
    .record({
      kind: fc.constant("unique" as const),
      key: fc.nat(2),
      scope: fc.constantFrom("untilStarted", "untilFinished", "retained", "window"),
      isReplacing: fc.boolean(),
      minutes: fc.nat(3),
    })
    // A replacing job that starts at once may keep the place or go to the tail, so it starts later.
    .map((one) => (one.isReplacing ? { ...one, minutes: one.minutes + 1 } : one)),
  fc.record({ kind: fc.constant("repeat" as const), pick }),
  often(
    fc.record({
      kind: fc.constant("claim" as const),
      server,
      firstQueue: queue,
      limit: fc.integer({ min: 1, max: 5 }),
    }),
  ),
  often(fc.record({ kind: fc.constant("settle" as const), pick, outcome })),
  fc.record({ kind: fc.constant("settle-again" as const), pick, outcome }),
  fc.record({ kind: fc.constant("settle-foreign" as const), pick, outcome }),
  fc.record({ kind: fc.constant("start" as const), pick }),
  fc.record({ kind: fc.constant("heartbeat" as const), server }),
  fc.record({ kind: fc.constant("recover" as const), server, isBeatRight: fc.boolean() }),
  fc.record({ kind: fc.constant("unregister" as const), server }),
  fc.record({ kind: fc.constant("restart" as const), server }),
  fc.record({ kind: fc.constant("promote" as const), limit: fc.integer({ min: 1, max: 3 }) }),
  fc.record({ kind: fc.constant("delete" as const), pick }),
  fc.record({ kind: fc.constant("requeue" as const), pick, resetAttempts: fc.boolean() }),
  fc.record({ kind: fc.constant("reschedule" as const), pick, minutes: minutes.map((n) => n + 1) }),
  fc.record({ kind: fc.constant("move" as const), pick }),
  fc.record({ kind: fc.constant("replace-content" as const), pick }),
  fc.record({ kind: fc.constant("pause" as const), queue, minutes }),
  fc.record({ kind: fc.constant("resume" as const), queue }),
  fc.record({ kind: fc.constant("advance" as const), minutes: minutes.map((n) => n + 1) }),
);

describe("the model of the contract", () => {
  it("agrees with the reference storage on 300 random histories, shrunk when it does not", async () => {
    const histories = fc.array(command, { maxLength: MOST_STEPS, size: "max" });

    // On a divergence fast-check prints the seed, the path and the shortest history.
    await fc.assert(
      fc.asyncProperty(histories, (commands) => runHistory(commands)),
      { numRuns: RUNS },
    );
  });

  it("agrees with the reference storage on the histories that the published case runs, and on more", async () => {
    for (let seed = 0; seed < RUNS; seed++) await runHistory(randomCommands(seed, MOST_STEPS));
  });

  const sequential = [...settleMutants, ...recoverMutants, ...planeMutants].filter(
    ({ killedBy }) => !/race|reports|one-result-per-job/u.test(killedBy),
  );
  it.each(sequential)("parts from a broken storage: $name", async ({ wrap }) => {
    const run = async (): Promise<void> => {
      for (let seed = 0; seed < RUNS; seed++) {
        await runHistory(randomCommands(seed, MOST_STEPS), wrap);
      }
    };

    await expect(run()).rejects.toThrow(AssertionError);
  });
});

async function runHistory(commands: readonly ModelCommand[], wrap?: Wrap): Promise<void> {
  const testCase = {
    id: "self/model",
    title: "a history comes to what the model says",
    run: (context: Parameters<typeof ModelRun.run>[0]) => ModelRun.run(context, commands),
  };
  await runCase(testCase, memoryHarness(wrap));
}
