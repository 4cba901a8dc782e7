import { describe, expect, it } from "vitest";
import { MemoryJobStorage } from "../../../memory/src/index.ts";
import { RevoConfiguration } from "../../src/configuration/revo-configuration.ts";
import { job } from "../../src/handlers/define-job.ts";
import { silentLogger } from "../../src/support/logger.ts";
import { SystemRandom, type IRandom } from "../../src/support/random.ts";

/** Gives no token the first time it is asked. */
class StumblingRandom extends SystemRandom implements IRandom {
  #asked = 0;

  override token(): string {
    this.#asked += 1;
    if (this.#asked === 1) throw new Error("no entropy");
    return super.token();
  }
}

describe("the loop between job server and storage", () => {
  it("goes on when a part that the user gave throws in it, and tells of it", async () => {
    const double = job("double", ({ n }: { readonly n: number }) => n * 2);
    await using revo = await new RevoConfiguration()
      .useLogger(silentLogger)
      .useRandom(new StumblingRandom())
      .useJobs(
        () => new MemoryJobStorage(),
        (jobs) => jobs.add(double).server({ signals: false }),
      )
      .start();
    const errors: unknown[] = [];
    revo.events.on("loop.failed", ({ error }) => errors.push(error));

    const handle = await revo.scheduler.enqueueJob(double, { n: 21 });

    expect(await handle.result({ timeout: "30 s" })).toBe(42);
    expect(errors).toMatchObject([{ message: "no entropy" }]);
  });
});

describe("useJobs", () => {
  it("says that it takes a function when it is given a class", () => {
    expect(() =>
      new RevoConfiguration().useJobs(MemoryJobStorage as unknown as () => MemoryJobStorage),
    ).toThrowError(/such as \(\) => new MemoryJobStorage/);
  });
});
