import type { SchemaNames } from "../migration.ts";
import { CARRIED, carried, INNER, PINNED } from "./plan.ts";

// Rows of one call are locked in the order of their ids, then changed in the order of the request.
const ARGUMENTS = "p_ids uuid[], p_from smallint[], p_actor text, p_reason text";

/**
 * What operators do, on one job after the other. The answer is a JSON array with one element for each id: `"done"`,
 * `"requested"`, `"not-found"`, `["conflict", state]` or `["duplicate", id]`.
 */
export function control(names: SchemaNames): string {
  return locking(names) + deleting(names) + requeueing(names) + changing(names);
}

function locking({ schema }: SchemaNames): string {
  return `
create function ${schema}.lock_jobs(p_ids uuid[]) returns void ${INNER} as $$
begin
  -- Twice: a job may be moved to the finished ones, or back, while this waits for its row.
  for i in 1..2 loop
    perform 1 from ${schema}.jobs j where j.id = any(p_ids) order by j.id for update;
    perform 1 from ${schema}.jobs_done d where d.id = any(p_ids) order by d.id for update;
  end loop;
end $$;

-- The state of a locked job, finished or not; null for none.
create function ${schema}.state_of(p_id uuid) returns smallint ${INNER} as $$
declare
  v_state smallint;
begin
  select j.state into v_state from ${schema}.jobs j where j.id = p_id;
  if not found then
    select d.state into v_state from ${schema}.jobs_done d where d.id = p_id limit 1;
  end if;
  return v_state;
end $$;
`;
}

function deleting({ schema }: SchemaNames): string {
  return `
create function ${schema}.delete_jobs(${ARGUMENTS}, p_retain_ms bigint) returns jsonb ${PINNED} as $$
declare
  v_now timestamptz := ${schema}.now();
  v_results jsonb := '[]';
  v_id uuid;
  v_state smallint;
  r ${schema}.jobs%rowtype;
begin
  perform ${schema}.lock_jobs(p_ids);
  foreach v_id in array p_ids loop
    v_state := ${schema}.state_of(v_id);
    if v_state is null then
      v_results := v_results || '"not-found"'::jsonb;
    elsif v_state = 8 then
      v_results := v_results || '"done"'::jsonb;
    elsif not v_state = any(p_from) then
      v_results := v_results || jsonb_build_array(jsonb_build_array('conflict', v_state));
    elsif v_state = 5 then
      update ${schema}.jobs j set
        deletion_requested_at = v_now, deletion_retain_ms = p_retain_ms,
        history = ${schema}.noted(j.history, ${schema}.act_line(v_now, 5, 5, j.attempt, p_actor, p_reason))
      where j.id = v_id and j.deletion_requested_at is null;
      perform ${schema}.wake_control(j.server_id) from ${schema}.jobs j where j.id = v_id;
      v_results := v_results || '"requested"'::jsonb;
    elsif v_state > 5 then
      perform ${schema}.delete_finished(v_id, p_actor, p_reason, p_retain_ms, v_now);
      v_results := v_results || '"done"'::jsonb;
    else
      select * into r from ${schema}.jobs j where j.id = v_id;
      perform ${schema}.end_job(v_id, 8, 'requested', p_retain_ms, 0, 0, null,
        ${schema}.act_line(v_now, v_state, 8, r.attempt, p_actor, p_reason), v_now);
      v_results := v_results || '"done"'::jsonb;
    end if;
  end loop;
  return v_results;
end $$;

create function ${schema}.delete_finished(
  p_id uuid, p_actor text, p_reason text, p_retain_ms bigint, p_now timestamptz
) returns void ${INNER} as $$
declare
  r ${schema}.jobs_done%rowtype;
begin
  delete from ${schema}.jobs_done d where d.id = p_id returning * into r;
  if r.unique_key is not null then
    perform ${schema}.free_key(r.unique_key, p_id, r.unique_scope, true, null);
  end if;
  if p_retain_ms <= 0 then
    delete from ${schema}.logs l where l.job_id = p_id;
    return;
  end if;
  r.history := ${schema}.noted(r.history, ${schema}.act_line(p_now, r.state, 8, r.attempt, p_actor, p_reason));
  r.state := 8;
  r.reason := 'requested';
  r.crashes := 0;
  r.finished_at := p_now;
  r.expires_at := ${schema}.later(p_now, p_retain_ms);
  r.expires_on := (r.expires_at at time zone 'UTC')::date;
  insert into ${schema}.jobs_done values (r.*);
end $$;
`;
}

function requeueing({ schema }: SchemaNames): string {
  return `
create function ${schema}.requeue_jobs(${ARGUMENTS}, p_reset boolean) returns jsonb ${PINNED} as $$
declare
  v_now timestamptz := ${schema}.now();
  v_results jsonb := '[]';
  v_id uuid;
  v_state smallint;
  v_holder uuid;
  v_place integer := 0;
  v_queues text[];
begin
  perform ${schema}.lock_jobs(p_ids);
  -- Keys are taken in their order, before anything else waits.
  perform ${schema}.take_keys(p_ids, p_from, v_now);
  foreach v_id in array p_ids loop
    v_place := v_place + 1;
    v_state := ${schema}.state_of(v_id);
    v_holder := null;
    if v_state is null then
      v_results := v_results || '"not-found"'::jsonb;
    elsif not v_state = any(p_from) then
      v_results := v_results || jsonb_build_array(jsonb_build_array('conflict', v_state));
    elsif v_state = 2 then
      v_results := v_results || '"done"'::jsonb;
    elsif v_state < 5 then
      update ${schema}.jobs j set
        state = 2, enqueued_at = v_now + v_place * interval '1 microsecond', due_at = null, crashes = 0, releases = 0,
        progress = null, attempt = case when p_reset then 0 else j.attempt end, deletion_requested_at = null,
        discard_at = case when j.started_at is null then ${schema}.later(v_now, j.discard_after_ms) end,
        history = ${schema}.noted(j.history, ${schema}.act_line(v_now, j.state, 2, j.attempt, p_actor, p_reason))
      where j.id = v_id;
      v_results := v_results || '"done"'::jsonb;
    else
      select k.job_id into v_holder from ${schema}.jobs_done d join ${schema}.keys k on k.key = d.unique_key
        where d.id = v_id and k.job_id <> v_id and (k.expires_at is null or k.expires_at > v_now);
      if v_holder is null then
        perform ${schema}.revive(v_id, p_actor, p_reason, p_reset, v_now + v_place * interval '1 microsecond');
        v_results := v_results || '"done"'::jsonb;
      else
        v_results := v_results || jsonb_build_array(jsonb_build_array('duplicate', v_holder));
      end if;
    end if;
  end loop;
  if exists (select 1 from ${schema}.sleepers s where s.queues <> '{}') then
    select array_agg(distinct j.queue) into v_queues from ${schema}.jobs j where j.id = any(p_ids) and j.state + 0 = 2;
    if v_queues is not null then perform ${schema}.wake(v_queues, cardinality(p_ids), null); end if;
  end if;
  return v_results;
end $$;

-- Gives finished jobs their keys again, as far as nobody else holds them.
create function ${schema}.take_keys(p_ids uuid[], p_from smallint[], p_now timestamptz) returns void ${INNER} as $$
declare
  v_ids uuid[];
  v_keys text[];
  v_scopes smallint[];
  v_until timestamptz[];
begin
  select array_agg(f.id order by f.unique_key), array_agg(f.unique_key order by f.unique_key),
    array_agg(f.unique_scope order by f.unique_key), array_agg(f.until order by f.unique_key)
  into v_ids, v_keys, v_scopes, v_until from (
    select distinct on (d.unique_key) d.id, d.unique_key, d.unique_scope,
      case when d.unique_scope = 4 then ${schema}.later(p_now, d.unique_window_ms) end as until
    from unnest(p_ids) with ordinality u(id, place) cross join lateral (
      select * from ${schema}.jobs_done d where d.id = u.id and d.state = any(p_from) and d.unique_key is not null limit 1
    ) d
    order by d.unique_key, u.place
  ) f;
  for i in 1..coalesce(cardinality(v_ids), 0) loop
    insert into ${schema}.keys as k (key, job_id, scope, expires_at) values (v_keys[i], v_ids[i], v_scopes[i], v_until[i])
    on conflict (key) do update set job_id = excluded.job_id, scope = excluded.scope, expires_at = excluded.expires_at
    where k.job_id = excluded.job_id or k.expires_at <= p_now;
  end loop;
end $$;

create function ${schema}.revive(p_id uuid, p_actor text, p_reason text, p_reset boolean, p_now timestamptz)
returns void ${INNER} as $$
declare
  r ${schema}.jobs_done%rowtype;
  v_history jsonb;
begin
  delete from ${schema}.jobs_done d where d.id = p_id returning * into r;
  v_history := ${schema}.noted(r.history, ${schema}.act_line(p_now, r.state, 2, r.attempt, p_actor, p_reason));
  r.enqueued_at := p_now;
  r.progress := null;
  r.deletion_requested_at := null;
  if p_reset then r.attempt := 0; end if;
  insert into ${schema}.jobs (${CARRIED.join(", ")}, state, discard_at, fingerprint, history)
  values (${carried("r")}, 2,
    case when r.started_at is null then ${schema}.later(p_now, r.discard_after_ms) end, r.fingerprint, v_history);
end $$;
`;
}

function changing({ schema }: SchemaNames): string {
  return `
create function ${schema}.reschedule_jobs(${ARGUMENTS}, p_delay_ms bigint, p_run_at_ms bigint) returns jsonb ${PINNED} as $$
declare
  v_now timestamptz := ${schema}.now();
  v_due_at timestamptz := ${schema}.due(v_now, p_delay_ms, p_run_at_ms);
  v_to smallint := case when v_due_at is null then 2 else 1 end;
  v_results jsonb := '[]';
  v_id uuid;
  v_state smallint;
  v_place integer := 0;
  v_queues text[];
begin
  perform ${schema}.lock_jobs(p_ids);
  foreach v_id in array p_ids loop
    v_place := v_place + 1;
    v_state := ${schema}.state_of(v_id);
    if v_state is null then
      v_results := v_results || '"not-found"'::jsonb;
    elsif not v_state = any(p_from) then
      v_results := v_results || jsonb_build_array(jsonb_build_array('conflict', v_state));
    else
      update ${schema}.jobs j set
        state = v_to, due_at = v_due_at,
        enqueued_at = case when v_to = 2 then v_now + v_place * interval '1 microsecond' else j.enqueued_at end,
        discard_at = case when v_to = 2 and j.started_at is null then ${schema}.later(v_now, j.discard_after_ms) end,
        history = ${schema}.noted(j.history, ${schema}.act_line(v_now, j.state, v_to, j.attempt, p_actor, p_reason))
      where j.id = v_id and (v_to = 1 or j.state + 0 = 1);
      v_results := v_results || '"done"'::jsonb;
    end if;
  end loop;
  if exists (select 1 from ${schema}.sleepers s where s.queues <> '{}') then
    if v_to = 1 then
      perform ${schema}.wake_due();
    else
      select array_agg(distinct j.queue) into v_queues from ${schema}.jobs j where j.id = any(p_ids) and j.state + 0 = 2;
      if v_queues is not null then perform ${schema}.wake(v_queues, cardinality(p_ids), null); end if;
    end if;
  end if;
  return v_results;
end $$;

create function ${schema}.move_jobs(${ARGUMENTS}, p_queue text, p_priority integer) returns jsonb ${PINNED} as $$
declare
  v_now timestamptz := ${schema}.now();
  v_results jsonb := '[]';
  v_id uuid;
  v_state smallint;
  v_place integer := 0;
  v_queues text[];
begin
  perform ${schema}.lock_jobs(p_ids);
  foreach v_id in array p_ids loop
    v_place := v_place + 1;
    v_state := ${schema}.state_of(v_id);
    if v_state is null then
      v_results := v_results || '"not-found"'::jsonb;
    elsif not v_state = any(p_from) then
      v_results := v_results || jsonb_build_array(jsonb_build_array('conflict', v_state));
    else
      -- What is there already keeps its place.
      update ${schema}.jobs j set
        queue = coalesce(p_queue, j.queue), priority = coalesce(p_priority, j.priority),
        enqueued_at = case when j.state = 2 and (p_queue <> j.queue or p_priority <> j.priority)
          then v_now + v_place * interval '1 microsecond' else j.enqueued_at end,
        history = ${schema}.noted(j.history, ${schema}.act_line(v_now, j.state, j.state, j.attempt, p_actor, p_reason))
      where j.id = v_id;
      v_results := v_results || '"done"'::jsonb;
    end if;
  end loop;
  if exists (select 1 from ${schema}.sleepers s where s.queues <> '{}') then
    select array_agg(distinct j.queue) into v_queues from ${schema}.jobs j where j.id = any(p_ids) and j.state + 0 = 2;
    if v_queues is not null then perform ${schema}.wake(v_queues, cardinality(p_ids), null); end if;
  end if;
  return v_results;
end $$;

create function ${schema}.replace_content(
  ${ARGUMENTS}, p_payload text, p_envelope text, p_tags text[], p_max_attempts integer
) returns jsonb ${PINNED} as $$
declare
  v_now timestamptz := ${schema}.now();
  v_results jsonb := '[]';
  v_id uuid;
  v_state smallint;
begin
  perform ${schema}.lock_jobs(p_ids);
  foreach v_id in array p_ids loop
    v_state := ${schema}.state_of(v_id);
    if v_state is null then
      v_results := v_results || '"not-found"'::jsonb;
    elsif not v_state = any(p_from) then
      v_results := v_results || jsonb_build_array(jsonb_build_array('conflict', v_state));
    else
      update ${schema}.jobs j set
        payload = p_payload, envelope = p_envelope, tags = p_tags, max_attempts = p_max_attempts,
        history = ${schema}.noted(j.history, ${schema}.act_line(v_now, j.state, j.state, j.attempt, p_actor, p_reason))
      where j.id = v_id;
      v_results := v_results || '"done"'::jsonb;
    end if;
  end loop;
  return v_results;
end $$;

create function ${schema}.resume_queue(p_queue text) returns void ${PINNED} as $$
begin
  delete from ${schema}.queues q where q.name = p_queue;
  if found then perform ${schema}.wake(array[p_queue], 3, null); end if;
end $$;

create function ${schema}.signal_server(p_server uuid, p_desired integer) returns boolean ${PINNED} as $$
begin
  update ${schema}.servers s set desired = p_desired where s.id = p_server;
  if not found then return false; end if;
  perform ${schema}.wake_control(p_server);
  return true;
end $$;
`;
}
