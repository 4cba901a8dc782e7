// Errors
export {
  hasCode,
  NonRetryableError,
  RevoArgumentError,
  RevoError,
  type RevoErrorCode,
} from "./errors.ts";

// Jobs
export type { Duration, DurationUnit } from "./job/duration.ts";
export type { Instant } from "./job/instant.ts";
export { Job, type IJob, type JobClass, type JobResult } from "./job/job.ts";
export { JobDefinition, type DefinedJob, type DefinitionHandler } from "./job/job-definition.ts";
export {
  readError,
  restoreError,
  type ErrorDescription,
  type JobError,
} from "./job/job-error.ts";
export type { EnqueueOptions, UniqueKeyOptions } from "./job/enqueue-options.ts";
export type { JobOptions, JobTypeOptions } from "./job/job-options.ts";
export type {
  JobHistoryEntry,
  JobId,
  JobParent,
  JobRecord,
  JobStart,
  NewJob,
  TimedStart,
  UniqueKey,
} from "./job/job-record.ts";
export { canTransition, finalStates, isFinal, jobStates, type JobState } from "./job/job-state.ts";
export type { RetentionOptions } from "./job/retention.ts";
export { RetryAfterError } from "./job/retry-after-error.ts";
export type {
  RetryDelayFunction,
  RetryJitter,
  RetryPolicy,
  StoredRetryPolicy,
} from "./job/retry-policy.ts";
export type { SettleOutcome } from "./job/settle-outcome.ts";
export type {
  SchemaInput,
  SchemaOutput,
  StandardIssue,
  StandardResult,
  StandardSchemaV1,
} from "./job/standard-schema.ts";

// Handlers and middleware
export { captureHeaders, scopeCarrier, type IContextCarrier } from "./handlers/context-carrier.ts";
export { DefaultActivator } from "./handlers/default-activator.ts";
export { defineJob, job, type JobDefinitionParts } from "./handlers/define-job.ts";
export { currentScope, runInScope, type ScopeValues } from "./handlers/execution-scope.ts";
export type { JobContext } from "./handlers/job-context.ts";
export type {
  Constructor,
  HandlerFactory,
  HandlerFunction,
  HandlerOf,
  IHandlerActivator,
  IHandlerScope,
  IJobHandler,
  ScopeInfo,
} from "./handlers/job-handler.ts";
export type { CommandContext, ExecutionContext, Middleware } from "./handlers/middleware.ts";
export { contextCarrier } from "./handlers/middleware/context-carrier.ts";
export { logging } from "./handlers/middleware/logging.ts";
export { timeout } from "./handlers/middleware/timeout.ts";
export { validation } from "./handlers/middleware/validation.ts";

// Scheduler
export type { ActionOptions } from "./scheduler/action-options.ts";
export type { BulkAction, BulkOptions, BulkResult } from "./scheduler/bulk-action.ts";
export { EnqueueJobsError, type EnqueueOutcome } from "./scheduler/enqueue-jobs-error.ts";
export type { JobHandle, ResultOptions } from "./scheduler/job-handle.ts";
export type { JobReference } from "./scheduler/job-reference.ts";
export type {
  EnqueueItem,
  EnqueueItemCheck,
  EnqueueJobOptions,
  IJobScheduler,
  JobInstance,
  JobOfItem,
  JobUpdate,
  PauseOptions,
  RequeueOptions,
  ScheduleJobOptions,
  TransactionOptions,
} from "./scheduler/job-scheduler.ts";

// Commands
export {
  Command,
  type CommandClass,
  type CommandResult,
  type ICommand,
} from "./commands/command.ts";
export type { ICommandBus, SendOptions } from "./commands/command-bus.ts";
export type {
  CommandHandlerFunction,
  CommandHandlerOf,
  ICommandHandler,
} from "./commands/command-handler.ts";
export { ExecuteCommandJob } from "./commands/execute-command-job.ts";
export {
  DeleteJobCommand,
  EnqueueJobCommand,
  ScheduleJobCommand,
  type JobCommandOptions,
} from "./commands/job-commands.ts";

// Monitor
export type {
  CountOptions,
  DurationMetrics,
  FindOptions,
  FoundJobs,
  IRevoMonitor,
  JobCount,
  JobMetrics,
  MetricsRequest,
  ServerSnapshot,
} from "./monitor/job-monitor.ts";
export type { JobQuery, QueryRange } from "./search/job-query.ts";
export type { JobSnapshot, JobSnapshotEntry } from "./search/job-snapshot.ts";
export {
  histogramBoundsMs,
  type HistogramValues,
  type MetricCounter,
  type MetricHistogram,
} from "./job/metric-series.ts";

// Events
export type { IRevoEvents, RevoListener } from "./events/event-hub.ts";
export type { RevoEventName, RevoEvents } from "./events/job-events.ts";

// Configuration and what it starts
export type { CommandsSection } from "./configuration/commands-section.ts";
export type { AnyJobDefinition } from "./configuration/job-type-factory.ts";
export type { JobsSection } from "./configuration/jobs-section.ts";
export type { Revo, RevoHealth } from "./configuration/revo.ts";
export { RevoConfiguration, type StorageFactory } from "./configuration/revo-configuration.ts";
export type { IConfigurationSection } from "./configuration/section.ts";
export type { LoopHealth } from "./server/loop.ts";
export type { ServerHealth } from "./server/server-health.ts";
export type { JobServerOptions, ServedQueue } from "./server/server-options.ts";

// The storage contract
export type { IJobStorage, TransactionOf } from "./storage/job-storage.ts";
export type { StorageCapabilities, StorageIdentity } from "./storage/capabilities.ts";
export type { EnqueueRequest, EnqueueResult } from "./storage/enqueue.ts";
export type {
  ClaimedJob,
  ClaimRequest,
  ExchangeReply,
  ExchangeRequest,
  Settlement,
  SettleStatus,
} from "./storage/exchange.ts";
export type {
  HeartbeatReply,
  HeartbeatRequest,
  ServerRegistration,
} from "./storage/job-servers.ts";
export type { IJobUpkeep, RecoverReply, RecoverRequest } from "./storage/upkeep.ts";
export type { ControlRequest, ControlResult, IJobControl } from "./storage/control.ts";
export type {
  FindRequest,
  IJobMonitor,
  JobFilter,
  JobOrder,
  QueueRecord,
  Range,
  ServerRecord,
} from "./storage/monitor.ts";
export type { IWakeUps } from "./storage/wake-ups.ts";
export type { IJobTransactions } from "./storage/transactions.ts";
export type { IRecurringJobs, RecurringRecord, StoredRecurring } from "./storage/recurring.ts";
export type { IJobLimits } from "./storage/limits.ts";
export type { IJobWorkflows } from "./storage/workflows.ts";
export type { IJobReports, LogLine } from "./storage/reports.ts";
export type { IJobMetrics, MetricPoint } from "./storage/metrics.ts";

// Time, chance, logging
export { consoleLogger } from "./support/console-logger.ts";
export { SystemClock, type IClock, type ITimer } from "./support/clock.ts";
export { ManualClock } from "./support/manual-clock.ts";
export { SystemRandom, type IRandom } from "./support/random.ts";
export {
  silentLogger,
  type ILogger,
  type LogFields,
  type LogLevel,
  type LogMethod,
} from "./support/logger.ts";
