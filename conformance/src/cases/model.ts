import type { ConformanceCase } from "../conformance-case.ts";
import { ModelRun } from "../model/model-run.ts";
import { randomCommands } from "../model/random-commands.ts";

/** Enough to meet every pair of commands; more is for `test/self`, where histories are shrunk as well. */
const HISTORIES = 30;
const STEPS = 60;

export const modelCases: readonly ConformanceCase[] = [
  {
    id: "model/random-histories",
    title: "random histories of every kind of call come to what a small model of the contract says",
    clocks: "once",
    async run(context) {
      for (let seed = 0; seed < HISTORIES; seed++) {
        const store = await context.fresh();
        await ModelRun.run(store, randomCommands(seed, STEPS)).catch((error: unknown) => {
          throw new Error(`history ${seed}: ${String(error)}`, { cause: error });
        });
      }
    },
  },
];
