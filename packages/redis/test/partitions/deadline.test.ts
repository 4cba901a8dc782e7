import { SystemClock } from "@revojs/core";
import { describeWithServer } from "@revojs/conformance/vitest";
import { expect, it, onTestFinished } from "vitest";
import { Connection } from "../../src/connection.ts";
import { toSettings } from "../../src/options.ts";
import { partitionsOf } from "../../src/partitions/locate.ts";
import { Partitions } from "../../src/partitions/partitions.ts";
import { aJob } from "@revojs/conformance/fixtures";

/** A clock whose monotonic time stands still unless it is moved. */
class MovedClock extends SystemClock {
  movedMs = 0;

  override monotonicMs(): number {
    return this.movedMs;
  }
}

describeWithServer("redis", "the deadline of a call over partitions", ({ url }) => {
  it("holds for all its steps together: when it has passed, no further one is sent", async () => {
    const settings = toSettings({ connectionString: url, prefix: "test-deadline", partitions: 3 });
    const clock = new MovedClock();
    const connection = new Connection(settings, clock, "commands");
    onTestFinished(() => connection.close());
    const partitions = new Partitions(settings, connection).forOneCall(clock);
    const ids = [aJob().id];
    expect(await partitionsOf(partitions, ids)).toHaveLength(1);

    clock.movedMs = settings.callTimeoutMs;

    await expect(partitionsOf(partitions, ids)).rejects.toMatchObject({
      code: "REVO_STORAGE_TIMEOUT",
    });
  });
});
