import { registerHooks } from "node:module";

// The storage imports core by its name; here both run from their sources, without a build.
registerHooks({
  resolve: (specifier, context, next) =>
    specifier === "@revojs/core"
      ? next(new URL("../../src/index.ts", import.meta.url).href, context)
      : next(specifier, context),
});
const { consoleLogger } = await import("../../src/support/console-logger.ts");
const { RevoConfiguration, job } = await import("../../src/index.ts");
const { MemoryJobStorage } = await import("../../../memory/src/index.ts");

const tell = (text: string): void => void process.stdout.write(`${text}\n`);
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const forEver = (): Promise<never> => new Promise(() => {});
const fired = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => signal.addEventListener("abort", () => resolve()));

const short = job("short", () => sleep(300));
const long = job("long", async (_payload: object, { signal }) => {
  await fired(signal);
  signal.throwIfAborted();
});
const deaf = job("deaf", forEver);
const hung = job("hung", forEver, { timeout: 100, maxAttempts: 1 });
const bomb = job("bomb", async () => {
  setTimeout(() => {
    throw new Error("bomb in a timer");
  }, 100);
  await forEver();
});
const careless = job("careless", async () => {
  void Promise.reject(new Error("nobody waits for this"));
  await forEver();
});
const rejecting = job("rejecting", () => Promise.reject(new Error("rejected")), { maxAttempts: 1 });
const rejectingLate = job(
  "rejecting-late",
  async () => {
    await sleep(400);
    throw new Error("much too late");
  },
  { timeout: 50, maxAttempts: 1 },
);
const rejectingOddly = job("rejecting-oddly", () => Promise.reject(undefined), { maxAttempts: 1 });

const types = [
  short,
  long,
  deaf,
  hung,
  bomb,
  careless,
  rejecting,
  rejectingLate,
  rejectingOddly,
] as const;

class SlowSection {
  async start(): Promise<void> {
    if (scenario !== "slow-start") return;
    tell("starting");
    await sleep(500);
  }
}

const scenario = process.argv[2] ?? "";
const configuration = new RevoConfiguration().useLogger(consoleLogger("info")).useJobs(
  () => new MemoryJobStorage(),
  (jobs) => {
    for (const type of types) jobs.add(type);
    jobs.server({
      concurrency: 20,
      grace: scenario === "second-signal" ? "1 min" : "1 s",
      killGrace: 50,
      signals: scenario !== "host",
    });
  },
);
configuration.getSection(SlowSection);
const revo = await configuration.start();
for (const name of ["job.succeeded", "job.released", "job.failed", "server.stopped"] as const) {
  revo.events.on(name, (event) => tell(`${name} ${"type" in event ? event.type : ""}`.trim()));
}

const enqueue = async (type: (typeof types)[number], times = 1): Promise<void> => {
  for (let i = 0; i < times; i++) await revo.scheduler.enqueueJob(type, {});
};

switch (scenario) {
  case "two": {
    const other = await new RevoConfiguration()
      .useLogger(consoleLogger())
      .useJobs(
        () => new MemoryJobStorage(),
        (jobs) => jobs.add(short),
      )
      .start();
    other.events.on("job.succeeded", () => tell("the other's job succeeded"));
    await other.scheduler.enqueueJob(short, {});
    await sleep(100);
    break;
  }
  case "drain":
    await enqueue(short, 10);
    await enqueue(long, 10);
    await sleep(50);
    break;
  case "second-signal":
  case "host":
    await enqueue(deaf);
    await sleep(100);
    break;
  case "uncaught":
    await enqueue(deaf, 2);
    await enqueue(bomb);
    break;
  case "floating":
    await enqueue(deaf);
    await enqueue(careless);
    break;
  case "rejections":
    await enqueue(rejecting);
    await enqueue(rejectingLate);
    await enqueue(rejectingOddly);
    await sleep(700);
    tell("alive");
    await revo.stop();
    break;
  case "natural-end":
    await enqueue(hung);
    await enqueue(short);
    await enqueue(deaf);
    await sleep(600);
    await revo.stop();
    tell("stopped");
    break;
}
tell("ready");
