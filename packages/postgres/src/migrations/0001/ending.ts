import type { SchemaNames } from "../migration.ts";
import { CARRIED, carried, INNER } from "./plan.ts";

/** How an unfinished job, one at a time, becomes a finished one. */
export function ending({ schema }: SchemaNames): string {
  return `
-- Frees the unique key of a job that has come to its end. Scopes: 1 untilStarted, 2 untilFinished, 3 retained, 4 window.
create function ${schema}.free_key(
  p_key text, p_job uuid, p_scope smallint, p_deleted boolean, p_expires_at timestamptz
) returns void ${INNER} as $$
begin
  if p_scope = 4 then return; end if;
  if p_scope = 3 and not p_deleted then
    update ${schema}.keys k set expires_at = p_expires_at where k.key = p_key and k.job_id = p_job;
  else
    delete from ${schema}.keys k where k.key = p_key and k.job_id = p_job;
  end if;
end $$;

-- Ends a job whose row the caller has locked. The token stays where a settlement ended the job, to know its repeat by.
create function ${schema}.end_job(
  p_id uuid, p_state integer, p_reason text, p_retain_ms bigint, p_refund integer, p_crashes integer,
  p_fingerprint text, p_line jsonb, p_now timestamptz, p_keeps_token boolean default true
) returns void ${INNER} as $$
declare
  r ${schema}.jobs%rowtype;
  v_expires_at timestamptz := ${schema}.later(p_now, p_retain_ms);
begin
  delete from ${schema}.jobs j where j.id = p_id returning * into r;
  if p_retain_ms > 0 then
    r.attempt := r.attempt - p_refund;
    if not p_keeps_token then r.token := null; end if;
    insert into ${schema}.jobs_done (${CARRIED.join(", ")},
      finished_at, expires_at, expires_on, state, crashes, server_id, fingerprint, reason, history)
    values (${carried("r")},
      p_now, v_expires_at, (v_expires_at at time zone 'UTC')::date, p_state, p_crashes, r.server_id,
      coalesce(p_fingerprint, r.fingerprint), p_reason,
      case when p_line is null then r.history else ${schema}.noted(r.history, p_line) end);
  elsif r.logged then
    delete from ${schema}.logs l where l.job_id = p_id;
  end if;
  if r.unique_key is not null then
    perform ${schema}.free_key(r.unique_key, p_id, r.unique_scope, p_state = 8 or p_retain_ms <= 0, v_expires_at);
  end if;
end $$;

-- Deletes jobs that nobody has claimed in time.
create function ${schema}.discard_late(p_limit integer, p_now timestamptz) returns integer ${INNER} as $$
declare
  v_id uuid;
  v_retain_ms bigint;
  v_count integer := 0;
begin
  for v_id, v_retain_ms in
    select j.id, coalesce(j.discard_retain_ms, 0) from ${schema}.jobs j where j.discard_at <= p_now order by j.discard_at limit p_limit
    for update skip locked
  loop
    perform ${schema}.end_job(v_id, 8, 'expired', v_retain_ms, 0, 0, null, null, p_now);
    v_count := v_count + 1;
  end loop;
  return v_count;
end $$;

-- Moves due jobs to the tails of their bands, in the order of their times. Answers their queues.
create function ${schema}.promote_due(
  p_limit integer, p_now timestamptz, out promoted integer, out queues text[]
) ${INNER} as $$
declare
  v_ids uuid[];
  v_places integer[];
begin
  -- A microsecond apart, so that the order of their times stays the order of claim.
  select array_agg(d.id order by d.id), array_agg(d.place order by d.id) into v_ids, v_places from (
    select p.id, row_number() over ()::integer as place from (
      select j.id from ${schema}.jobs j where j.state = 1 and j.due_at <= p_now
      order by j.due_at, j.id limit p_limit for update skip locked
    ) p
  ) d;
  promoted := coalesce(cardinality(v_ids), 0);
  if promoted = 0 then return; end if;
  with u as (
    update ${schema}.jobs j set
      state = 2, due_at = null,
      enqueued_at = p_now + v_places[width_bucket(j.id, v_ids)] * interval '1 microsecond',
      discard_at = case when j.started_at is null then ${schema}.later(p_now, j.discard_after_ms) end
    where j.id = any(v_ids) returning j.queue
  ) select array_agg(distinct u.queue) into queues from u;
end $$;
`;
}
