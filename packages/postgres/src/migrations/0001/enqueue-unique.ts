import type { SchemaNames } from "../migration.ts";
import { INNER } from "./plan.ts";

/** The same for batches in which a job has a unique key. */
export function enqueueUnique({ schema }: SchemaNames): string {
  return `
-- Gives every job its key at once, as long as none is held and no two are the same; else nothing is taken.
create function ${schema}.take_all_keys(
  p_ids uuid[], p_keys text[], p_scopes smallint[], p_windows bigint[], p_now timestamptz
) returns boolean ${INNER} as $$
declare
  v_wanted integer;
  v_different integer;
  v_taken text[];
begin
  select count(k), count(distinct k) into v_wanted, v_different from unnest(p_keys) k;
  if v_wanted > v_different then return false; end if;
  with n as (
    insert into ${schema}.keys (key, job_id, scope, expires_at)
    select u.key, u.id, u.scope, case when u.scope = 4 then ${schema}.later(p_now, u.window_ms) end
    from unnest(p_ids, p_keys, p_scopes, p_windows) u(id, key, scope, window_ms) where u.key is not null order by u.key
    on conflict (key) do nothing returning key
  )
  select array_agg(n.key) into v_taken from n;
  if cardinality(v_taken) = v_wanted then return true; end if;
  if v_taken is not null then delete from ${schema}.keys k where k.key = any(v_taken); end if;
  return false;
end $$;

-- One round over the jobs at p_places, in order. Answers what is to be tried again: a holder that left meanwhile.
create function ${schema}.enqueue_unique(
  p_ids uuid[], p_types text[], p_queues text[], p_priorities smallint[], p_payloads text[], p_envelopes text[],
  p_max_attempts smallint[], p_max_crashes smallint[], p_tags text[], p_delays bigint[], p_run_ats bigint[],
  p_discards bigint[], p_discard_retains bigint[], p_keys text[], p_scopes smallint[], p_windows bigint[], p_replaces boolean[],
  p_may_exist boolean, p_places integer[], p_results jsonb, p_now timestamptz, out results jsonb, out again integer[]
) ${INNER} as $$
declare
  i integer;
  v_keys text[];
  v_ended text[];
  v_holders uuid[];
  v_holder uuid;
  v_created boolean;
  v_won integer[];
begin
  results := p_results;
  v_keys := array(select distinct p_keys[n] from unnest(p_places) n where p_keys[n] is not null);
  -- Others may hold these rows while they wait for a job: passed by, not waited for.
  v_ended := array(
    select e.key from ${schema}.keys e where e.key = any(v_keys) and e.expires_at <= p_now order by e.key for update skip locked
  );
  if v_ended <> '{}' then delete from ${schema}.keys k where k.key = any(v_ended); end if;
  -- The first job of each key tries, in the order of the keys: two batches never wait for each other.
  with n as (
    insert into ${schema}.keys (key, job_id, scope, expires_at)
    select f.key, f.id, f.scope, case when f.scope = 4 then ${schema}.later(p_now, f.window_ms) end from (
      select distinct on (p_keys[n]) p_keys[n] as key, p_ids[n] as id, p_scopes[n] as scope, p_windows[n] as window_ms
      from unnest(p_places) n where p_keys[n] is not null order by p_keys[n], n
    ) f order by f.key
    on conflict (key) do nothing returning key
  )
  select array_agg(p.place) into v_won from (
    select min(u.place) as place from n join unnest(p_places) u(place) on p_keys[u.place] = n.key group by n.key
  ) p;
  -- Holders that may be replaced are locked in the order of their ids.
  if p_replaces is not null then
    v_holders := array(select k.job_id from ${schema}.keys k where k.key = any(v_keys));
    perform 1 from ${schema}.jobs j where j.id = any(v_holders) order by j.id for update;
  end if;
  foreach i in array p_places loop
    if p_keys[i] is null or i = any(v_won) then
      v_created := ${schema}.enqueue_one(
        p_ids[i], p_types[i], p_queues[i], p_priorities[i], p_payloads[i], p_envelopes[i], p_max_attempts[i],
        p_max_crashes[i], p_tags[i], p_delays[i], p_run_ats[i], p_discards[i], p_discard_retains[i], p_keys[i], p_scopes[i], p_windows[i],
        p_may_exist, p_now);
      if not v_created then
        results := results || jsonb_build_object(i - 1, '["exists"]'::jsonb);
        -- Its key was free, so the stored job is not the holder.
        delete from ${schema}.keys k where k.key = p_keys[i] and k.job_id = p_ids[i];
      end if;
      continue;
    end if;
    if exists (select 1 from ${schema}.jobs j where j.id = p_ids[i])
      or p_may_exist and exists (select 1 from ${schema}.jobs_done d where d.id = p_ids[i]) then
      results := results || jsonb_build_object(i - 1, '["exists"]'::jsonb);
      continue;
    end if;
    select k.job_id into v_holder from ${schema}.keys k
      where k.key = p_keys[i] and (k.expires_at is null or k.expires_at > p_now);
    if not found then
      again := again || i;
    elsif v_holder = p_ids[i] then
      results := results || jsonb_build_object(i - 1, '["exists"]'::jsonb);
    elsif (case when p_replaces[i] then ${schema}.replace_one(
      v_holder, p_priorities[i], p_payloads[i], p_envelopes[i], p_tags[i], p_delays[i], p_run_ats[i], p_now
    ) else false end) then
      results := results || jsonb_build_object(i - 1, jsonb_build_array('replaced', v_holder));
    else
      results := results || jsonb_build_object(i - 1, jsonb_build_array('duplicate', v_holder));
    end if;
  end loop;
end $$;

-- Answers false when the id is stored already.
create function ${schema}.enqueue_one(
  p_id uuid, p_type text, p_queue text, p_priority smallint, p_payload text, p_envelope text, p_max_attempts smallint,
  p_max_crashes smallint, p_tags text, p_delay_ms bigint, p_run_at_ms bigint, p_discard_ms bigint, p_discard_retain_ms bigint, p_key text,
  p_scope smallint, p_window_ms bigint, p_may_exist boolean, p_now timestamptz
) returns boolean ${INNER} as $$
declare
  v_due_at timestamptz := ${schema}.due(p_now, p_delay_ms, p_run_at_ms);
begin
  insert into ${schema}.jobs (id, created_at, enqueued_at, due_at, discard_at, discard_after_ms, discard_retain_ms, state, priority, max_attempts,
    max_crashes, queue, type, payload, envelope, tags, unique_key, unique_scope, unique_window_ms)
  values (p_id, p_now, case when v_due_at is null then p_now end, v_due_at,
    case when v_due_at is null then ${schema}.later(p_now, p_discard_ms) end, p_discard_ms, p_discard_retain_ms,
    case when v_due_at is null then 2 else 1 end, p_priority, p_max_attempts, p_max_crashes, p_queue, p_type, p_payload,
    p_envelope, p_tags::text[], p_key, p_scope, p_window_ms)
  on conflict (id) do nothing;
  if not found then return false; end if;
  if p_may_exist and exists (select 1 from ${schema}.jobs_done d where d.id = p_id) then
    delete from ${schema}.jobs j where j.id = p_id;
    return false;
  end if;
  return true;
end $$;

-- New content for a holder that waits. Answers false when it does not.
create function ${schema}.replace_one(
  p_id uuid, p_priority smallint, p_payload text, p_envelope text, p_tags text, p_delay_ms bigint, p_run_at_ms bigint,
  p_now timestamptz
) returns boolean ${INNER} as $$
declare
  v_due_at timestamptz := ${schema}.due(p_now, p_delay_ms, p_run_at_ms);
begin
  update ${schema}.jobs j set
    payload = p_payload, envelope = p_envelope, tags = p_tags::text[], priority = p_priority,
    state = case when v_due_at is null then 2 else 1 end, due_at = v_due_at,
    enqueued_at = case when v_due_at is null then p_now else j.enqueued_at end,
    discard_at = case when v_due_at is null and j.started_at is null
      then coalesce(j.discard_at, ${schema}.later(p_now, j.discard_after_ms)) end
  where j.id = p_id and j.state + 0 in (1, 2, 4);
  return found;
end $$;
`;
}
