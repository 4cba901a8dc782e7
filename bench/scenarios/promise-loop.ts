import { JOBS, type Scenario, WARM_UPS } from "./scenario.ts";

interface Item {
  readonly id: number;
}

/** What plain JavaScript can do: no ids, no storage, no errors kept; 100 calls in flight and a map of the active ones. */
export const promiseLoop: Scenario = {
  name: "promise-loop",
  title: "bare promise loop, 100 in flight",
  async run() {
    const jobs = JOBS * 10;
    for (let warmUp = 0; warmUp < WARM_UPS; warmUp++) await drain(jobs);
    const startedMs = performance.now();
    await drain(jobs);
    return { "jobs/s": (jobs / (performance.now() - startedMs)) * 1000 };
  },
};

function drain(count: number): Promise<void> {
  const items = Array.from({ length: count }, (_, id): Item => ({ id }));
  const active = new Map<number, Item>();
  let head = 0;
  let done = 0;
  return new Promise((resolve, reject) => {
    const pump = (): void => {
      while (active.size < 100 && head < count) {
        const item = items[head++] as Item;
        active.set(item.id, item);
        handle(item).then(() => {
          active.delete(item.id);
          done += 1;
          if (done === count) resolve();
          else pump();
        }, reject);
      }
    };
    pump();
  });
}

async function handle(item: Item): Promise<void> {
  if (item.id < 0) throw new RangeError("never");
}
