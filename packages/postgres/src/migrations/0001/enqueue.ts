import type { SchemaNames } from "../migration.ts";
import { INNER, PINNED } from "./plan.ts";

/**
 * From so many jobs on they are first inserted as if none were stored: to ask each row whether it conflicts costs a fifth of a bulk
 * enqueue, while the subtransaction that this needs costs the same for one job as for thousands.
 */
export const PLAIN_FROM = 10;

function insert(schema: string): string {
  return `insert into ${schema}.jobs (id, created_at, enqueued_at, due_at, discard_at, discard_after_ms, discard_retain_ms, state,
    priority, max_attempts, max_crashes, queue, type, payload, envelope, tags, unique_key, unique_scope, unique_window_ms)
  select n.id, p_now, case when n.due_at is null then p_now end, n.due_at,
    case when n.due_at is null then ${schema}.later(p_now, n.discard_ms) end, n.discard_ms, n.discard_retain_ms,
    case when n.due_at is null then 2 else 1 end,
    n.priority, n.max_attempts, n.max_crashes, n.queue, n.type, n.payload, n.envelope, n.tags::text[], n.key, n.scope, n.window_ms
  from (
    select u.*, ${schema}.due(p_now, u.delay_ms, u.run_at_ms) as due_at
    from unnest(p_ids, p_types, p_queues, p_priorities, p_payloads, p_envelopes, p_max_attempts, p_max_crashes, p_tags,
      p_delays, p_run_ats, p_discards, p_discard_retains, p_keys, p_scopes, p_windows)
    as u(id, type, queue, priority, payload, envelope, max_attempts, max_crashes, tags, delay_ms, run_at_ms, discard_ms,
      discard_retain_ms, key, scope, window_ms)
  ) n`;
}

/** Jobs that differ in nothing but their ids and payloads, which is what most large batches are. */
function insertAlike(schema: string): string {
  return `insert into ${schema}.jobs (id, created_at, enqueued_at, state, priority, max_attempts, max_crashes, queue, type, payload, envelope)
  select u.id, p_now, p_now, 2, p_priorities[1], p_max_attempts[1], p_max_crashes[1], p_queues[1], p_types[1], u.payload, p_envelopes[1]
  from unnest(p_ids, p_payloads) as u(id, payload)`;
}

/**
 * Stores new jobs. Each argument but the last two is an array with an element for each job, or null where no job has the
 * field. Where many start at once and differ in ids and payloads only, the other arrays may have one element for all of them. The answer is null when all were created, else a JSON object: from the place of a job, counted from 0, to
 * `["exists"]`, `["duplicate", id]` or `["replaced", id]`.
 */
export function enqueue({ schema }: SchemaNames): string {
  return `
create function ${schema}.enqueue(
  p_ids uuid[], p_types text[], p_queues text[], p_priorities smallint[], p_payloads text[], p_envelopes text[],
  p_max_attempts smallint[], p_max_crashes smallint[], p_tags text[], p_delays bigint[], p_run_ats bigint[],
  p_discards bigint[], p_discard_retains bigint[], p_keys text[], p_scopes smallint[], p_windows bigint[], p_replaces boolean[],
  p_may_exist boolean, p_wake boolean
) returns text ${PINNED} as $$
declare
  v_now timestamptz := ${schema}.now();
  v_new uuid[];
  v_head_id uuid;
  v_results jsonb;
  v_places integer[];
  v_place integer;
begin
  if p_delays is not null or p_run_ats is not null then
    select j.id into v_head_id from ${schema}.jobs j where j.state = 1 order by j.due_at, j.id limit 1;
  end if;
  if p_keys is null then
    v_new := ${schema}.insert_jobs(p_ids, p_types, p_queues, p_priorities, p_payloads, p_envelopes, p_max_attempts,
      p_max_crashes, p_tags, p_delays, p_run_ats, p_discards, p_discard_retains, null, null, null, p_may_exist, v_now);
    if v_new is not null or p_may_exist then
      v_results := ${schema}.existing(p_ids, v_new, p_may_exist);
    end if;
  elsif not p_may_exist and ${schema}.take_all_keys(p_ids, p_keys, p_scopes, p_windows, v_now) then
    v_new := ${schema}.insert_jobs(p_ids, p_types, p_queues, p_priorities, p_payloads, p_envelopes, p_max_attempts,
      p_max_crashes, p_tags, p_delays, p_run_ats, p_discards, p_discard_retains, p_keys, p_scopes, p_windows, false, v_now);
    if v_new is not null then
      v_results := ${schema}.existing(p_ids, v_new, false);
      -- Their keys were free, so the stored jobs are not the holders.
      for v_place in select o.key::integer + 1 from jsonb_each(v_results) o loop
        delete from ${schema}.keys k where k.key = p_keys[v_place] and k.job_id = p_ids[v_place];
      end loop;
    end if;
  else
    v_results := '{}';
    for i in 1..cardinality(p_ids) loop
      v_places := v_places || i;
    end loop;
    for v_round in 1..10 loop
      select r.results, r.again into v_results, v_places from ${schema}.enqueue_unique(
        p_ids, p_types, p_queues, p_priorities, p_payloads, p_envelopes, p_max_attempts, p_max_crashes, p_tags, p_delays,
        p_run_ats, p_discards, p_discard_retains, p_keys, p_scopes, p_windows, p_replaces, p_may_exist, v_places, v_results, v_now) r;
      exit when v_places is null;
    end loop;
    if v_places is not null then
      raise exception 'A unique key changed hands again and again' using errcode = '40001';
    end if;
    if v_results = '{}' then v_results := null; end if;
  end if;
  if exists (select 1 from ${schema}.sleepers s where s.queues <> '{}') then
    if p_wake then perform ${schema}.wake(p_queues, cardinality(p_ids), null); end if;
    if (p_delays is not null or p_run_ats is not null) and v_head_id is distinct from (
      select j.id from ${schema}.jobs j where j.state = 1 order by j.due_at, j.id limit 1
    ) then
      perform ${schema}.wake_due();
    end if;
  end if;
  return v_results::text;
end $$;

-- Inserts those whose id is not stored. Answers null when that were all, else the ids of those.
create function ${schema}.insert_jobs(
  p_ids uuid[], p_types text[], p_queues text[], p_priorities smallint[], p_payloads text[], p_envelopes text[],
  p_max_attempts smallint[], p_max_crashes smallint[], p_tags text[], p_delays bigint[], p_run_ats bigint[],
  p_discards bigint[], p_discard_retains bigint[], p_keys text[], p_scopes smallint[], p_windows bigint[], p_may_exist boolean,
  p_now timestamptz
) returns uuid[] ${INNER} as $$
declare
  v_new uuid[];
begin
  if cardinality(p_ids) >= ${PLAIN_FROM} and not p_may_exist then
    begin
      if cardinality(p_types) = 1 then
        ${insertAlike(schema)};
      else
        ${insert(schema)};
      end if;
      return null;
    exception when unique_violation then
      -- Some are stored already: all are looked at one by one.
      null;
    end;
    if cardinality(p_types) = 1 then
      p_types := array_fill(p_types[1], array[cardinality(p_ids)]);
      p_queues := array_fill(p_queues[1], array[cardinality(p_ids)]);
      p_priorities := array_fill(p_priorities[1], array[cardinality(p_ids)]);
      p_envelopes := array_fill(p_envelopes[1], array[cardinality(p_ids)]);
      p_max_attempts := array_fill(p_max_attempts[1], array[cardinality(p_ids)]);
      p_max_crashes := array_fill(p_max_crashes[1], array[cardinality(p_ids)]);
    end if;
  end if;
  with n as (${insert(schema)} on conflict (id) do nothing returning id) select array_agg(n.id) into v_new from n;
  return case when v_new is null then '{}' when cardinality(v_new) < cardinality(p_ids) then v_new end;
end $$;

-- When a job is due; null: at once. A time that has come is now.
create function ${schema}.due(p_now timestamptz, p_delay_ms bigint, p_run_at_ms bigint) returns timestamptz
language sql stable as $$
  select case
    when p_delay_ms > 0 then ${schema}.later(p_now, p_delay_ms)
    when timestamptz 'epoch' + p_run_at_ms * interval '1 millisecond' > p_now
      then timestamptz 'epoch' + p_run_at_ms * interval '1 millisecond'
  end
$$;

-- Which of the jobs were there before the insert, p_new being the others, null for all. With p_may_exist finished jobs are looked
-- at, too, in a statement after the insert: looked at before, one that finishes meanwhile would be missed.
create function ${schema}.existing(p_ids uuid[], p_new uuid[], p_may_exist boolean) returns jsonb ${INNER} as $$
declare
  v_results jsonb := '{}';
  v_seen uuid[] := '{}';
begin
  for i in 1..cardinality(p_ids) loop
    if (p_new is null or p_ids[i] = any(p_new)) and not p_ids[i] = any(v_seen) then
      if p_may_exist and exists (select 1 from ${schema}.jobs_done d where d.id = p_ids[i]) then
        delete from ${schema}.jobs j where j.id = p_ids[i];
      else
        -- The second of two jobs with one id was not inserted; with p_new null there are none.
        if p_new is not null then v_seen := v_seen || p_ids[i]; end if;
        continue;
      end if;
    end if;
    v_results := v_results || jsonb_build_object(i - 1, '["exists"]'::jsonb);
  end loop;
  return nullif(v_results, '{}');
end $$;
`;
}
