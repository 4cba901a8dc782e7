import { spawn, type ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const script = fileURLToPath(new URL("./process-child.ts", import.meta.url));
/** Starting Node and reading the sources takes its time on a busy machine. */
const patience = { timeout: 60_000 };

interface Run {
  /** Resolves when the process has written this line. */
  says(line: string): Promise<void>;
  signal(signal: NodeJS.Signals): void;
  /** How it ended, what it wrote, and how long after the last signal. */
  readonly ended: Promise<{
    readonly code: number | null;
    readonly signal: NodeJS.Signals | null;
    readonly lines: readonly string[];
    readonly log: string;
    readonly afterMs: number;
  }>;
}

/** A real process that runs one scenario of the script. */
function run(scenario: string): Run {
  const child: ChildProcess = spawn(process.execPath, [script, scenario], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, NODE_OPTIONS: "", NODE_NO_WARNINGS: "1" },
  });
  let output = "";
  let log = "";
  let signalledMs = performance.now();
  const waiters: (() => void)[] = [];
  const lines = (): readonly string[] => output.split("\n").filter((line) => line !== "");
  child.stdout?.on("data", (data: Buffer) => {
    output += data.toString();
    for (const look of waiters) look();
  });
  child.stderr?.on("data", (data: Buffer) => (log += data.toString()));
  const ended: Run["ended"] = new Promise((resolve) => {
    child.on("close", (code, signal) =>
      resolve({ code, signal, lines: lines(), log, afterMs: performance.now() - signalledMs }),
    );
  });
  return {
    says: (line) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          if (lines().includes(line)) resolve();
        };
        waiters.push(look);
        look();
        void ended.then(() => reject(new Error(`it ended without saying ${line}: ${log}`)));
      }),
    signal: (signal) => {
      signalledMs = performance.now();
      child.kill(signal);
    },
    ended,
  };
}

const count = (lines: readonly string[], line: string): number =>
  lines.filter((one) => one === line).length;

// Row P5.
describe.concurrent("a process with a job server", () => {
  it.each(["SIGTERM", "SIGINT"] as const)(
    "drains at %s: short jobs finish, long ones are released, and it exits with 0",
    patience,
    async (signal) => {
      const process = run("drain");
      await process.says("ready");

      process.signal(signal);
      const { code, lines, afterMs } = await process.ended;

      expect(code).toBe(0);
      expect(count(lines, "job.succeeded short")).toBe(10);
      expect(count(lines, "job.released long")).toBe(10);
      expect(lines.at(-1)).toBe("server.stopped");
      expect(afterMs).toBeLessThan(4_000);
    },
  );

  it("exits at once with 1 at the second signal", patience, async () => {
    const process = run("second-signal");
    await process.says("ready");
    process.signal("SIGTERM");
    await new Promise((resolve) => setTimeout(resolve, 300));

    process.signal("SIGTERM");
    const { code, log, afterMs } = await process.ended;

    expect(code).toBe(1);
    expect(afterMs).toBeLessThan(1_000);
    expect(log).toContain("second signal: ending at once");
  });

  it(
    "obeys a signal that comes while it starts: no job begins, and it exits with 0",
    patience,
    async () => {
      const process = run("slow-start");
      await process.says("starting");

      process.signal("SIGTERM");
      const { code, afterMs } = await process.ended;

      expect(code).toBe(0);
      expect(afterMs).toBeLessThan(3_000);
    },
  );

  it("waits for every Revo in it to stop before it exits", patience, async () => {
    const process = run("two");
    await process.says("ready");

    process.signal("SIGTERM");
    const { code, lines } = await process.ended;

    expect(code).toBe(0);
    expect(lines).toContain("the other's job succeeded");
  });

  it("leaves signals to a host that asks for it", patience, async () => {
    const process = run("host");
    await process.says("ready");

    process.signal("SIGTERM");
    const { code, signal } = await process.ended;

    expect([code, signal]).toEqual([null, "SIGTERM"]);
  });

  it("ends by itself after stop, whatever its handlers still wait for", patience, async () => {
    const process = run("natural-end");
    await process.says("stopped");
    const { code, lines } = await process.ended;

    expect(code).toBe(0);
    expect(lines).toContain("job.failed hung");
    expect(lines).toContain("job.succeeded short");
    expect(lines).toContain("job.released deaf");
  });
});

describe.concurrent("an error that nobody handles", () => {
  it(
    "in a timer ends the process loudly, with the names of the jobs that ran",
    patience,
    async () => {
      const { code, log } = await run("uncaught").ended;

      expect(code).not.toBe(0);
      expect(log).toContain("uncaught exception: the process ends; its jobs will be run again");
      expect(log).toContain("bomb in a timer");
      expect(runningIn(log)).toHaveLength(3);
    },
  );

  it("in a promise that a handler left floating does the same", patience, async () => {
    const { code, log } = await run("floating").ended;

    expect(code).not.toBe(0);
    expect(log).toContain("nobody waits for this");
    expect(runningIn(log)).toHaveLength(2);
  });

  it(
    "of a handler is handled, however late and whatever it is: the process lives on",
    patience,
    async () => {
      const { code, lines } = await run("rejections").ended;

      expect(code).toBe(0);
      expect(lines).toContain("alive");
      expect(lines.filter((line) => line.startsWith("job.failed")).toSorted()).toEqual([
        "job.failed rejecting",
        "job.failed rejecting-late",
        "job.failed rejecting-oddly",
      ]);
    },
  );
});

/** Ids of running jobs as the last words name them. */
function runningIn(log: string): readonly string[] {
  const [, list = "[]"] = /"running":(\[[^\]]*\])/.exec(log) ?? [];
  return JSON.parse(list) as readonly string[];
}
