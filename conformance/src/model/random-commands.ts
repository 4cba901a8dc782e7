import { SeededChance } from "../seeded-chance.ts";
import type { ModelCommand, ModelOutcome } from "./model-command.ts";

/** Claims and settlements come often, or the histories would be of waiting jobs only. */
const makers: readonly (readonly [weight: number, make: (chance: SeededChance) => ModelCommand])[] =
  [
    [
      6,
      (chance) => ({
        kind: "enqueue",
        queue: chance.below(2),
        priority: chance.oneOf([0, 5, 5, 9]),
        count: 1 + chance.below(3),
        maxCrashes: chance.oneOf([0, 1, 3]),
      }),
    ],
    [3, (chance) => ({ kind: "schedule", queue: chance.below(2), minutes: 1 + chance.below(9) })],
    [
      5,
      (chance) => {
        const isReplacing = chance.below(3) === 0;
        return {
          kind: "unique",
          key: chance.below(3),
          scope: chance.oneOf(["untilStarted", "untilFinished", "retained", "window"]),
          isReplacing,
          // A replacing job that starts at once may keep the place or go to the tail, so it starts later.
          minutes: isReplacing ? 1 + chance.below(5) : chance.below(3),
        };
      },
    ],
    [1, (chance) => ({ kind: "repeat", pick: chance.below(100) })],
    [
      10,
      (chance) => ({
        kind: "claim",
        server: chance.below(3),
        firstQueue: chance.below(2),
        limit: 1 + chance.below(4),
      }),
    ],
    [10, (chance) => ({ kind: "settle", pick: chance.below(100), outcome: anOutcome(chance) })],
    [
      2,
      (chance) => ({ kind: "settle-again", pick: chance.below(100), outcome: anOutcome(chance) }),
    ],
    [
      1,
      (chance) => ({ kind: "settle-foreign", pick: chance.below(100), outcome: anOutcome(chance) }),
    ],
    [4, (chance) => ({ kind: "start", pick: chance.below(100) })],
    [2, (chance) => ({ kind: "heartbeat", server: chance.below(3) })],
    [
      4,
      (chance) => ({ kind: "recover", server: chance.below(3), isBeatRight: chance.below(4) > 0 }),
    ],
    [1, (chance) => ({ kind: "unregister", server: chance.below(3) })],
    [4, (chance) => ({ kind: "restart", server: chance.below(3) })],
    [2, (chance) => ({ kind: "promote", limit: 1 + chance.below(3) })],
    [3, (chance) => ({ kind: "delete", pick: chance.below(100) })],
    [
      3,
      (chance) => ({
        kind: "requeue",
        pick: chance.below(100),
        resetAttempts: chance.below(2) === 0,
      }),
    ],
    [
      2,
      (chance) => ({ kind: "reschedule", pick: chance.below(100), minutes: 1 + chance.below(9) }),
    ],
    [2, (chance) => ({ kind: "move", pick: chance.below(100) })],
    [1, (chance) => ({ kind: "replace-content", pick: chance.below(100) })],
    [1, (chance) => ({ kind: "pause", queue: chance.below(2), minutes: chance.below(6) })],
    [2, (chance) => ({ kind: "resume", queue: chance.below(2) })],
    [5, (chance) => ({ kind: "advance", minutes: 1 + chance.below(7) })],
  ];

const totalWeight = makers.reduce((sum, [weight]) => sum + weight, 0);

/** A history of `length` steps, the same for the same seed. */
export function randomCommands(seed: number, length: number): readonly ModelCommand[] {
  const chance = new SeededChance(seed);
  return Array.from({ length }, () => {
    let at = chance.below(totalWeight);
    const maker = makers.find(([weight]) => (at -= weight) < 0) ?? makers[0];
    if (maker === undefined) throw new Error("There is no command to choose from");
    return maker[1](chance);
  });
}

function anOutcome(chance: SeededChance): ModelOutcome {
  return {
    kind: chance.oneOf(["succeed", "retry", "retry", "fail", "release", "delete"]),
    minutes: chance.oneOf([0, 0, 1, 4]),
    refundAttempt: chance.below(2) === 0,
  };
}
