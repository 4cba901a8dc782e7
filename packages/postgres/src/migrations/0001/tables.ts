import type { SchemaNames } from "../migration.ts";

// The hot table is emptied all the time: vacuum goes by a number of rows, not by a share of them. Each job gets a second
// version when it is claimed, which is to fit beside the first: on its page, and on that of the primary key.
const HOT = `with (
  fillfactor = 70,
  autovacuum_vacuum_scale_factor = 0,
  autovacuum_vacuum_threshold = 2000,
  autovacuum_vacuum_cost_delay = 0,
  autovacuum_analyze_scale_factor = 0,
  autovacuum_analyze_threshold = 5000
)`;

// Small rows that are written again and again: room for the next version on the same page.
const SMALL =
  "with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 200)";

/**
 * The tables. Unfinished jobs stand in `jobs`, each in exactly one of the partial indexes; finished ones are moved to
 * `jobs_done`, partitioned by the day on which they expire, so that retention drops partitions. `state` is the position in the
 * list of states, from 1.
 */
export function tables({ schema }: SchemaNames): string {
  return `
create table ${schema}.meta (
  singleton boolean primary key default true check (singleton),
  storage_id uuid not null default gen_random_uuid()
);
insert into ${schema}.meta default values;

create table ${schema}.jobs (
  id uuid not null,
  created_at timestamptz not null,
  enqueued_at timestamptz,
  due_at timestamptz,
  started_at timestamptz,
  discard_at timestamptz,
  deletion_requested_at timestamptz,
  deletion_retain_ms bigint,
  discard_after_ms bigint,
  discard_retain_ms bigint,
  unique_window_ms bigint,
  token bigint,
  progress double precision,
  server_id uuid,
  attempt integer not null default 0,
  releases integer not null default 0,
  state smallint not null,
  priority smallint not null,
  max_attempts smallint not null,
  crashes smallint not null default 0,
  max_crashes smallint not null,
  unique_scope smallint,
  starting boolean not null default false,
  logged boolean not null default false,
  queue text collate "C" not null,
  type text collate "C" not null,
  payload text,
  envelope text,
  tags text[],
  unique_key text collate "C",
  fingerprint text,
  history jsonb,
  constraint jobs_pkey primary key (id) with (fillfactor = 50)
) ${HOT};
create index jobs_ready on ${schema}.jobs (queue, priority, enqueued_at, id) where state = 2;
create index jobs_due on ${schema}.jobs (due_at, id) where state = 1;
create index jobs_running on ${schema}.jobs (server_id, id) where state = 5;
create index jobs_marked on ${schema}.jobs (server_id, id) where state = 5 and deletion_requested_at is not null;
create index jobs_discard on ${schema}.jobs (discard_at) where discard_at is not null;
create index jobs_later on ${schema}.jobs (queue, state) where state in (1, 3, 4);

create table ${schema}.jobs_done (
  id uuid not null,
  created_at timestamptz not null,
  enqueued_at timestamptz,
  started_at timestamptz,
  finished_at timestamptz not null,
  expires_at timestamptz not null,
  deletion_requested_at timestamptz,
  discard_after_ms bigint,
  discard_retain_ms bigint,
  unique_window_ms bigint,
  token bigint,
  progress double precision,
  server_id uuid,
  attempt integer not null,
  expires_on date not null,
  state smallint not null,
  priority smallint not null,
  max_attempts smallint not null,
  crashes smallint not null,
  max_crashes smallint not null,
  unique_scope smallint,
  logged boolean not null,
  queue text collate "C" not null,
  type text collate "C" not null,
  payload text,
  envelope text,
  tags text[],
  unique_key text collate "C",
  fingerprint text,
  reason text,
  result text,
  history jsonb
) partition by range (expires_on);
create index jobs_done_id on ${schema}.jobs_done (id);
create index jobs_done_succeeded on ${schema}.jobs_done (finished_at, id) where state = 6;
create index jobs_done_unsuccessful on ${schema}.jobs_done (state, finished_at, id) where state > 6;
create table ${schema}.jobs_done_default partition of ${schema}.jobs_done default;

create table ${schema}.keys (
  key text collate "C" not null,
  job_id uuid not null,
  scope smallint not null,
  expires_at timestamptz,
  constraint keys_pkey primary key (key)
);
create index keys_expiry on ${schema}.keys (expires_at) where expires_at is not null;

create table ${schema}.servers (
  id uuid not null,
  beat bigint not null,
  beat_at timestamptz not null,
  lease_ms bigint not null,
  desired smallint not null default 1,
  lost boolean not null default false,
  info text not null,
  constraint servers_pkey primary key (id)
) ${SMALL};
create table ${schema}.sleepers (
  server_id uuid not null,
  queues text[] not null,
  constraint sleepers_pkey primary key (server_id)
) ${SMALL};
create table ${schema}.queues (
  name text collate "C" not null,
  paused_at timestamptz not null,
  paused_until timestamptz,
  actor text not null,
  reason text not null,
  constraint queues_pkey primary key (name)
);
create table ${schema}.turns (
  task text not null,
  next_at timestamptz not null,
  constraint turns_pkey primary key (task)
) ${SMALL};
create table ${schema}.marks (
  name text not null,
  state smallint not null,
  at timestamptz not null,
  id uuid not null,
  constraint marks_pkey primary key (name)
) ${SMALL};
create table ${schema}.logs (
  job_id uuid not null,
  line bigint not null generated always as identity,
  at_ms bigint not null,
  attempt integer not null,
  level text not null,
  text text not null,
  constraint logs_pkey primary key (job_id, line)
);
create table ${schema}.metrics (
  minute timestamptz not null,
  server_id uuid not null,
  queue text collate "C" not null,
  type text collate "C" not null,
  values double precision[] not null,
  constraint metrics_pkey primary key (minute, server_id, queue, type)
);
`;
}
