import type { SchemaNames } from "../migration.ts";
import { CARRIED, carried, INNER } from "./plan.ts";

/** Ends attempts, each fenced by its token. */
export function settle(names: SchemaNames): string {
  return succeeded(names) + others(names) + statuses(names) + together(names);
}

// `j.state + 0` keeps the planner from the partial indexes: only the primary key is left, whatever the statistics say.
// `width_bucket` finds the place of an id among the sorted ids, so that each row is compared with its own token.
const FENCED =
  "j.id = any(p_ids) and j.state + 0 = 5 and j.token = p_tokens[width_bucket(j.id, p_ids)]";

function succeeded({ schema }: SchemaNames): string {
  const done = `insert into ${schema}.jobs_done (${CARRIED.join(", ")},
      finished_at, expires_at, expires_on, state, crashes, server_id, fingerprint, result, history)`;
  return `
-- p_ids sorted, none twice. p_retains: where not all have p_retain_ms. p_results: where one has a result. Answers which were
-- settled; null for all of them.
create function ${schema}.settle_succeeded(
  p_ids uuid[], p_tokens bigint[], p_retain_ms bigint, p_retains bigint[], p_results text[], p_now timestamptz
) returns uuid[] ${INNER} as $$
declare
  v_ids uuid[];
  v_expires_at timestamptz := ${schema}.later(p_now, p_retain_ms);
  v_expires_on date := (v_expires_at at time zone 'UTC')::date;
begin
  -- Most storages have none of either, so that one look spares one at each job.
  if exists (select 1 from ${schema}.keys) or exists (select 1 from ${schema}.logs) then
    perform ${schema}.let_go(p_ids, p_tokens, p_retain_ms, p_retains, p_now);
  end if;
  if p_retains is null and p_retain_ms <= 0 then
    with d as (delete from ${schema}.jobs j where ${FENCED} returning j.id)
    select array_agg(d.id) into v_ids from d;
    return case when cardinality(v_ids) = cardinality(p_ids) then null else coalesce(v_ids, '{}') end;
  elsif p_retains is null then
    with d as (
      delete from ${schema}.jobs j where ${FENCED} returning j.*
    ), h as (
      ${done}
      select ${carried("d")}, p_now, v_expires_at, v_expires_on, 6, 0, d.server_id, d.fingerprint,
        p_results[width_bucket(d.id, p_ids)], d.history
      from d returning id
    )
    select array_agg(h.id) into v_ids from h;
    return case when cardinality(v_ids) = cardinality(p_ids) then null else coalesce(v_ids, '{}') end;
  else
    with d as (
      delete from ${schema}.jobs j where ${FENCED}
      returning j.*, p_retains[width_bucket(j.id, p_ids)] as retain_ms
    ), h as (
      ${done}
      select ${carried("d")}, p_now, ${schema}.later(p_now, d.retain_ms),
        (${schema}.later(p_now, d.retain_ms) at time zone 'UTC')::date, 6, 0, d.server_id, d.fingerprint,
        p_results[width_bucket(d.id, p_ids)], d.history
      from d where d.retain_ms > 0
    )
    select array_agg(d.id) into v_ids from d;
    return case when cardinality(v_ids) = cardinality(p_ids) then null else coalesce(v_ids, '{}') end;
  end if;
end $$;

-- Frees the unique keys of jobs that are about to succeed, and forgets the lines of those that are not kept.
create function ${schema}.let_go(
  p_ids uuid[], p_tokens bigint[], p_retain_ms bigint, p_retains bigint[], p_now timestamptz
) returns void ${INNER} as $$
declare
  r record;
begin
  for r in
    select j.id, j.unique_key, j.unique_scope, j.logged, coalesce(p_retains[width_bucket(j.id, p_ids)], p_retain_ms) as retain_ms
    from ${schema}.jobs j where ${FENCED} and (j.unique_key is not null or j.logged) order by j.id for update
  loop
    if r.unique_key is not null then
      perform ${schema}.free_key(r.unique_key, r.id, r.unique_scope, r.retain_ms <= 0, ${schema}.later(p_now, r.retain_ms));
    end if;
    if r.logged and r.retain_ms <= 0 then
      delete from ${schema}.logs l where l.job_id = r.id;
    end if;
  end loop;
end $$;
`;
}

function others({ schema }: SchemaNames): string {
  return `
-- Any outcome but success, of a job whose row the caller has locked. Answers null when the fence is not its own.
create function ${schema}.settle_other(p_outcome jsonb, p_place integer, p_now timestamptz) returns text ${INNER} as $$
declare
  v_kind text := p_outcome->>'kind';
  v_delay_ms bigint := (p_outcome->>'delayMs')::bigint;
  v_refund integer := case when (p_outcome->>'refundAttempt')::boolean then 1 else 0 end;
  v_fingerprint text := p_outcome->>'fingerprint';
  v_error text := p_outcome->>'error';
  v_reason text := p_outcome->>'reason';
  v_line jsonb;
  r ${schema}.jobs%rowtype;
begin
  select * into r from ${schema}.jobs j where j.id = (p_outcome->>'id')::uuid;
  if not found or r.state <> 5 or r.token <> (p_outcome->>'token')::bigint then return null; end if;
  if r.deletion_requested_at is not null then
    v_line := ${schema}.attempt_line(r, p_now, 8, 'requested', v_fingerprint, v_error);
    perform ${schema}.end_job(r.id, 8, 'requested', coalesce(r.deletion_retain_ms, 0), v_refund, 0, null, v_line, p_now);
    return 'd';
  end if;
  if v_kind = 'fail' then
    v_line := ${schema}.attempt_line(r, p_now, 7, v_reason, v_fingerprint, v_error);
    perform ${schema}.end_job(r.id, 7, v_reason, (p_outcome->>'retainMs')::bigint, 0, r.crashes, v_fingerprint, v_line, p_now);
    return 's';
  end if;
  if v_kind = 'delete' then
    v_line := ${schema}.attempt_line(r, p_now, 8, v_reason, null, null);
    perform ${schema}.end_job(r.id, 8, v_reason, (p_outcome->>'retainMs')::bigint, 0, 0, null, v_line, p_now);
    return 's';
  end if;
  if v_kind = 'retry' or v_refund = 0 then
    r.history := ${schema}.noted(r.history, ${schema}.attempt_line(
      r, p_now, case when v_delay_ms > 0 then 1 else 2 end, v_reason, v_fingerprint, v_error));
  end if;
  update ${schema}.jobs j set
    state = case when v_delay_ms > 0 then 1 else 2 end,
    due_at = case when v_delay_ms > 0 then ${schema}.later(p_now, v_delay_ms) end,
    -- A release without a delay keeps its place; a retry goes to the tail.
    enqueued_at = case when v_kind = 'retry' and v_delay_ms <= 0 then p_now + p_place * interval '1 microsecond'
      else j.enqueued_at end,
    attempt = j.attempt - v_refund,
    crashes = case when v_kind = 'retry' then 0 else j.crashes end,
    releases = case when v_kind = 'retry' then 0 else j.releases + 1 end,
    fingerprint = coalesce(v_fingerprint, j.fingerprint),
    history = r.history, starting = false, server_id = null
  where j.id = r.id;
  return 's';
end $$;
`;
}

function statuses({ schema }: SchemaNames): string {
  return `
-- One letter for each item: s settled, a already, x stale, g gone.
create function ${schema}.statuses(p_ids uuid[], p_tokens bigint[], p_settled uuid[]) returns text ${INNER} as $$
declare
  v_state smallint;
  v_token bigint;
  v_letters text := '';
begin
  for i in 1..cardinality(p_ids) loop
    if p_ids[i] = any(p_settled) then
      v_letters := v_letters || 's';
      continue;
    end if;
    select j.state, j.token into v_state, v_token from ${schema}.jobs j where j.id = p_ids[i];
    if not found then
      select d.state, d.token into v_state, v_token from ${schema}.jobs_done d where d.id = p_ids[i] limit 1;
    end if;
    if not found then
      v_letters := v_letters || 'g';
    elsif v_token = p_tokens[i] and v_state <> 5 then
      v_letters := v_letters || 'a';
    else
      v_letters := v_letters || 'x';
    end if;
  end loop;
  return v_letters;
end $$;
`;
}

function together({ schema }: SchemaNames): string {
  return `
-- The successes, then the other outcomes. Answers a letter for each (d: stored, but as deleted), or '' when all are settled.
create function ${schema}.settle(
  p_ids uuid[], p_tokens bigint[], p_retain_ms bigint, p_retains bigint[], p_results text[], p_others jsonb,
  p_now timestamptz
) returns text ${INNER} as $$
declare
  v_settled uuid[];
  v_letters text := '';
  v_letter text;
  v_other jsonb;
  v_place integer := 0;
begin
  -- One batch of one kind locks its rows in the order of their ids by itself; several together must not.
  if p_others is not null then
    perform 1 from ${schema}.jobs j
    where j.id = any(p_ids || ${schema}.ids_of(p_others))
    order by j.id for update;
  end if;
  if cardinality(p_ids) > 0 then
    v_settled := ${schema}.settle_succeeded(p_ids, p_tokens, p_retain_ms, p_retains, p_results, p_now);
    if v_settled is null then
      if p_others is null then return ''; end if;
      v_letters := repeat('s', cardinality(p_ids));
    else
      v_letters := ${schema}.statuses(p_ids, p_tokens, v_settled);
    end if;
  end if;
  if p_others is not null then
    for v_other in select o from jsonb_array_elements(p_others) o loop
      v_place := v_place + 1;
      v_letter := ${schema}.settle_other(v_other, v_place, p_now);
      if v_letter is null then
        v_letter := ${schema}.statuses(array[(v_other->>'id')::uuid], array[(v_other->>'token')::bigint], '{}');
      end if;
      v_letters := v_letters || v_letter;
    end loop;
  end if;
  return v_letters;
end $$;
`;
}
