// One system in one process, told over the channel to its parent what to do.
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { nowMs } from "../clock.ts";
import { latenciesOf } from "../latencies.ts";
import { loadSystem } from "../systems/all-systems.ts";
import type { BenchJob, BenchSystem, Connection, OpenSystem } from "../systems/bench-system.ts";
import { HandledJobs } from "./handled-jobs.ts";
import { SoakedJobs } from "./soaked-jobs.ts";
import { startProfile, writeProfile } from "./processor-profile.ts";
import type { Answer, Bulk, Order, SystemCommands, WorkEnd } from "./system-commands.ts";

let parts: { readonly system: BenchSystem; readonly open: OpenSystem; readonly queues: Queues };
let jobs = new HandledJobs({ ids: 0, target: 0, handlerMs: 0, record: "nothing", failEvery: 0 });
let soaked = new SoakedJobs(0, 0);
let workStartedMs = 0;
let cpuAtWorkMs = 0;

/** From one call of a paced producer to the next, in milliseconds. */
const PACE_MS = 10;

type Queues = Connection["queues"];

const commands: SystemCommands = {
  async open({ system: name, connection }) {
    const system = await loadSystem(name);
    parts = { system, open: await system.open(connection), queues: connection.queues };
  },

  async serial({ jobs: count, firstId, limitMs = Number.POSITIVE_INFINITY }) {
    const eachMs: number[] = [];
    const enqueued = await timed(async (startedMs) => {
      for (let i = 0; i < count && nowMs() - startedMs < limitMs; i++) {
        const beforeMs = nowMs();
        await parts.open.enqueueOne(jobOf(firstId + i));
        eachMs.push(nowMs() - beforeMs);
      }
      return eachMs.length;
    });
    return { ...enqueued, latencies: latenciesOf(eachMs) };
  },

  inFlight({ jobs: count, firstId, inFlight, limitMs = Number.POSITIVE_INFINITY }) {
    return timed(async (startedMs) => {
      let next = 0;
      await inLanes(inFlight, async () => {
        while (next < count && nowMs() - startedMs < limitMs) {
          await parts.open.enqueueOne(jobOf(firstId + next++));
        }
      });
      return next;
    });
  },

  bulk(input) {
    const { chunk, parallel } = parts.system.bulk;
    const { jobs: count, limitMs = Number.POSITIVE_INFINITY } = input;
    return timed(async (startedMs) => {
      let next = 0;
      await inLanes(parallel, async () => {
        while (next < count && nowMs() - startedMs < limitMs) {
          const from = next;
          next = Math.min(count, from + chunk);
          const items = Array.from({ length: next - from }, (_, i) => bulkJob(from + i, input));
          await parts.open.enqueueMany(items);
        }
      });
      return next;
    });
  },

  async steady({ perSecond, seconds }) {
    const count = perSecond * seconds;
    let behind = 0;
    const enqueued = await timed(async (startedMs) => {
      const sent: Promise<unknown>[] = [];
      while (sent.length < count) {
        const due = Math.min(count, Math.floor(((nowMs() - startedMs) / 1000) * perSecond));
        behind = Math.max(behind, due - sent.length);
        while (sent.length < due) sent.push(parts.open.enqueueOne(timedJob(sent.length)));
        await sleep(1);
      }
      await Promise.all(sent);
      return count;
    });
    return { ...enqueued, behind };
  },

  spaced({ jobs: count, leastMs, mostMs }) {
    return timed(async () => {
      for (let i = 0; i < count; i++) {
        await parts.open.enqueueOne(timedJob(i));
        await sleep(leastMs + Math.random() * (mostMs - leastMs));
      }
      return count;
    });
  },

  pace({ jobs: count, perSecond }) {
    const { chunk, parallel } = parts.system.bulk;
    return timed(async (startedMs) => {
      let next = 0;
      await inLanes(parallel, async () => {
        while (next < count) {
          const due = Math.min(count, Math.floor(((nowMs() - startedMs) / 1000) * perSecond));
          const from = next;
          next = Math.max(from, Math.min(due, from + chunk));
          const items = Array.from({ length: next - from }, (_, index) => {
            const i = from + index;
            return jobAt(i, startedMs + (i / perSecond) * 1000);
          });
          if (items.length > 0) await parts.open.enqueueMany(items);
          await sleep(PACE_MS);
        }
      });
      return count;
    });
  },

  async work(plan) {
    jobs = new HandledJobs(plan);
    await startProfile();
    cpuAtWorkMs = cpuMs();
    workStartedMs = nowMs();
    await parts.open.work(jobs.handler());
    return { startedMs: workStartedMs };
  },

  async soak({ ids, perSample }) {
    soaked = new SoakedJobs(ids, perSample);
    await parts.open.work(soaked.handle);
  },

  sample: async () => soaked.sample(),
  handled: async () => jobs.counts,
  succeeded: async () => Buffer.from(jobs.succeeded).toString("base64"),

  async ended({ timeoutMs, pendingBase, ignoreTarget = false }) {
    const deadlineMs = nowMs() + timeoutMs;
    let timedOut = ignoreTarget ? false : await isLate(jobs.reached, timeoutMs);
    let pending = 0;
    if (pendingBase !== undefined && !timedOut) {
      while ((pending = await parts.open.pending()) > pendingBase && nowMs() < deadlineMs) {
        await sleep(2);
      }
      timedOut = pending > pendingBase;
    }
    const end = endOf(timedOut, pending);
    await writeProfile();
    return end;
  },

  latencies: async () => latenciesOf(jobs.latenciesMs),
  starts: async () => jobs.startedAtMs,
  pending: () => parts.open.pending(),
  usage: async () => ({ cpuMs: cpuMs(), peakMib: peakMib(), residentMib: residentMib() }),
  close: () => parts.open.close(),
};

process.on("message", (message) => void obey(message as Order));
process.once("disconnect", () => process.exit());

async function obey({ id, command, input }: Order): Promise<void> {
  let answer: Answer;
  try {
    const run = commands[command] as (input: unknown) => Promise<unknown>;
    answer = { id, ok: true, output: await run(input) };
  } catch (error) {
    answer = { id, ok: false, error: error instanceof Error ? (error.stack ?? "") : String(error) };
  }
  process.send?.(answer);
}

function jobOf(i: number): BenchJob {
  return { payload: { i }, queue: parts.queues[0] ?? "" };
}

function timedJob(i: number): BenchJob {
  return jobAt(i, nowMs());
}

function jobAt(i: number, t: number): BenchJob {
  return { payload: { i, t }, queue: parts.queues[0] ?? "" };
}

function bulkJob(index: number, input: Bulk): BenchJob {
  const i = input.firstId + index;
  const { runAtMs, payloadBytes, mixedPriorities } = input;
  const { queues } = parts;
  return {
    payload: payloadBytes === undefined ? { i } : { i, filler: filler(i, payloadBytes - 24) },
    queue: queues[i % queues.length] ?? "",
    ...(runAtMs === undefined ? {} : { runAtMs }),
    ...(mixedPriorities === true ? { priority: i % 10 } : {}),
  };
}

/** Letters that do not compress to nothing: a piece of a long random text that depends on the job. */
function filler(i: number, length: number): string {
  const from = (i * 97) % 65_536;
  return randomText.slice(from, from + Math.max(0, length));
}

const randomText = randomLetters(65_536 + 65_536);

function randomLetters(length: number): string {
  const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
  let state = 1;
  let text = "";
  while (text.length < length) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    text += letters[(state >>> 16) & 63];
  }
  return text;
}

async function timed(run: (startedMs: number) => Promise<number>): Promise<{
  readonly jobs: number;
  readonly ms: number;
  readonly cpuMs: number;
}> {
  const cpuBeforeMs = cpuMs();
  const startedMs = nowMs();
  const count = await run(startedMs);
  return { jobs: count, ms: nowMs() - startedMs, cpuMs: cpuMs() - cpuBeforeMs };
}

async function inLanes(lanes: number, run: () => Promise<void>): Promise<void> {
  await Promise.all(Array.from({ length: lanes }, run));
}

async function isLate(promise: Promise<void>, timeoutMs: number): Promise<boolean> {
  const timer = new AbortController();
  const late = sleep(timeoutMs, true, { signal: timer.signal }).catch(() => true);
  const isLateNow = await Promise.race([promise.then(() => false), late]);
  timer.abort();
  return isLateNow;
}

function endOf(timedOut: boolean, pending: number): WorkEnd {
  return {
    ...jobs.counts,
    timedOut,
    startedMs: workStartedMs,
    endedMs: nowMs(),
    allSeenMs: jobs.allSeenMs,
    cpuMs: cpuMs() - cpuAtWorkMs,
    peakMib: peakMib(),
    pending,
  };
}

function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

function residentMib(): number {
  return process.memoryUsage.rss() / 1024 / 1024;
}

/** The most memory that this process ever had. */
function peakMib(): number {
  try {
    const status = readFileSync("/proc/self/status", "utf8");
    return Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? Number.NaN) / 1024;
  } catch {
    return process.resourceUsage().maxRSS / 1024;
  }
}
