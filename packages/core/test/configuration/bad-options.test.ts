import { describe, expect, it } from "vitest";
import { MemoryJobStorage } from "../../../memory/src/index.ts";
import type { JobsSection } from "../../src/configuration/jobs-section.ts";
import { RevoConfiguration } from "../../src/configuration/revo-configuration.ts";
import { RevoArgumentError } from "../../src/errors.ts";
import { defineJob } from "../../src/handlers/define-job.ts";
import type { IJob } from "../../src/job/job.ts";
import { silentLogger } from "../../src/support/logger.ts";

class SendInvoice implements IJob {
  static readonly type = "send-invoice";
  readonly invoiceId = "42";
}

/** The error of a configuration that is refused, and how often its storage was made. */
async function refusal(
  configure: (jobs: JobsSection) => unknown,
): Promise<{ readonly error: RevoArgumentError; readonly storages: number }> {
  let storages = 0;
  const makeStorage = (): MemoryJobStorage => {
    storages++;
    return new MemoryJobStorage();
  };
  try {
    const configuration = new RevoConfiguration().useLogger(silentLogger);
    const revo = await configuration.useJobs(makeStorage, (jobs) => void configure(jobs)).start();
    await revo.stop();
  } catch (error) {
    if (error instanceof RevoArgumentError) return { error, storages };
    throw error;
  }
  throw new Error("It was not refused");
}

describe("a configuration is refused before a storage is made", () => {
  it.each<[string, (jobs: JobsSection) => unknown]>([
    ["options of send-invoice", (jobs) => jobs.declare(SendInvoice, new Date() as never)],
    ["defaults", (jobs) => jobs.defaults(new Map() as never)],
    ["server", (jobs) => jobs.server(null as never)],
    ["server", (jobs) => jobs.server(Promise.resolve({}) as never)],
    ["maxPayloadBytes", (jobs) => jobs.maxPayloadBytes(Object.create(null) as never)],
  ])("where `%s` is of another kind", async (path, configure) => {
    const { error, storages } = await refusal(configure);

    expect(error).toMatchObject({ code: "REVO_ARGUMENT_INVALID", path });
    expect(error.message).toContain(`Expected \`${path}\` to be a`);
    expect(storages).toBe(0);
  });

  it("where a schema is of a library from before Standard Schema", async () => {
    const legacy = { parse: (value: unknown) => value } as never;
    class WithSchema implements IJob {
      static readonly type = "with-schema";
      static readonly schema = legacy;
      readonly invoiceId = "42";
    }

    const { error } = await refusal((jobs) => jobs.declare(WithSchema));
    const define = (): unknown => defineJob({ name: "defined", payload: legacy });

    expect(error.message).toContain("`with-schema.schema` to be a Standard Schema");
    expect(define).toThrow("`definition.payload` to be a Standard Schema");
  });
});
