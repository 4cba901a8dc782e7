// What an adapter's author has written for this contract stays right when the optional parts come (ADR 20).
import type {
  IJobLimits,
  IJobMetrics,
  IJobReports,
  IJobStorage,
  IJobTransactions,
  IJobWorkflows,
  IRecurringJobs,
  IWakeUps,
  NewJob,
  SettleOutcome,
  TransactionOf,
} from "@revojs/core";

type RequiredPart =
  | "capabilities"
  | "upkeep"
  | "control"
  | "monitor"
  | "open"
  | "close"
  | "enqueue"
  | "exchange"
  | "register"
  | "heartbeat"
  | "unregister";

/** A client of some database. */
interface Client {
  query(text: string): Promise<unknown>;
}

// The required parts alone are a storage, and there is no other required part.
declare const least: Pick<IJobStorage, RequiredPart>;
export const smallest: IJobStorage = least;

// Each optional part may be added by itself.
export const withEachPart: readonly IJobStorage<Client>[] = [
  { ...least, wakeUps: {} as IWakeUps },
  { ...least, recurring: {} as IRecurringJobs },
  { ...least, limits: {} as IJobLimits },
  { ...least, workflows: {} as IJobWorkflows },
  { ...least, reports: {} as IJobReports },
  { ...least, metrics: {} as IJobMetrics },
  { ...least, transactions: {} as IJobTransactions<Client> },
];

// Without transactions there is nothing that could be passed as one.
type Equal<Left, Right> = [Left] extends [Right] ? ([Right] extends [Left] ? true : false) : false;
export const none: Equal<TransactionOf<IJobStorage>, never> = true;
export const ofClient: Equal<
  TransactionOf<IJobStorage<Client> & { readonly transactions: IJobTransactions<Client> }>,
  Client
> = true;

// A job and a settlement without any field of the features to come.
export const plainJob: NewJob = {
  id: "018f0000-0000-7000-8000-000000000000",
  type: "greet",
  queue: "default",
  priority: 5,
  payload: "{}",
  envelope: "{}",
  tags: [],
  maxAttempts: 10,
  maxCrashes: 3,
  start: { kind: "now" },
};
export const success: SettleOutcome = { kind: "succeed", retainMs: 0 };

// An optional field is absent, never undefined.
// @ts-expect-error -- exactOptionalPropertyTypes
export const undefinedLimit: NewJob = { ...plainJob, limit: undefined };
