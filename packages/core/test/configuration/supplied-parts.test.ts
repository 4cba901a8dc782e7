import { describe, expect, it } from "vitest";
import { MemoryJobStorage } from "../../../memory/src/index.ts";
import { RevoConfiguration } from "../../src/configuration/revo-configuration.ts";

const storage = (): MemoryJobStorage => new MemoryJobStorage();
const refused = expect.objectContaining({ code: "REVO_ARGUMENT_INVALID" });

async function failLater(): Promise<void> {
  throw new Error("the function's own");
}

describe("a part that the user gives", () => {
  it.each<[string, (configuration: RevoConfiguration) => unknown]>([
    ["logger", (configuration) => configuration.useLogger({ info: () => {} } as never)],
    ["no logger", (configuration) => configuration.useLogger(undefined as never)],
    ["activator", (configuration) => configuration.useActivator({} as never)],
    ["carrier", (configuration) => configuration.useContext({ capture: () => null } as never)],
    ["clock", (configuration) => configuration.useClock({ nowMs: () => 0 } as never)],
    ["chance", (configuration) => configuration.useRandom({ fraction: () => 0 } as never)],
    ["section", (configuration) => configuration.getSection(5 as never)],
    ["configuration of jobs", (configuration) => configuration.useJobs(storage, 5 as never)],
    ["configuration of commands", (configuration) => configuration.useCommands(5 as never)],
    [
      "list of redacted paths",
      (configuration) =>
        configuration.useJobs(storage, (jobs) => jobs.redact("payload.password" as never)),
    ],
    [
      "redacted path",
      (configuration) => configuration.useJobs(storage, (jobs) => jobs.redact(["password"])),
    ],
  ])("is refused where it is given: %s", (_, give) => {
    const configuration = new RevoConfiguration();

    expect(() => give(configuration)).toThrow(refused);
  });

  it("names what it lacks", () => {
    const configuration = new RevoConfiguration();

    expect(() => configuration.useLogger({ debug: () => {} } as never)).toThrow(
      "Expected `logger` to have a method `info`, got an object",
    );
  });

  it("configures at once: an async function is refused, and its failure ends no process", async () => {
    const configuration = new RevoConfiguration();

    expect(() => configuration.useJobs(storage, failLater as never)).toThrow(
      "to be a function that is not async",
    );
    expect(() => configuration.useCommands(failLater as never)).toThrow(
      "to be a function that is not async",
    );
    await new Promise((resolve) => setImmediate(resolve));
  });
});
