import type { SchemaNames } from "../migration.ts";
import { INNER, PINNED } from "./plan.ts";

/** What anybody may do at any time, bounded and as often as one likes. */
export function upkeep({ schema }: SchemaNames): string {
  return `
create function ${schema}.take_turn(p_task text, p_interval_ms bigint) returns boolean ${PINNED} as $$
declare
  v_now timestamptz := ${schema}.now();
begin
  insert into ${schema}.turns as t (task, next_at) values (p_task, ${schema}.later(v_now, p_interval_ms))
  on conflict (task) do update set next_at = excluded.next_at where t.next_at <= v_now;
  return found;
end $$;

create function ${schema}.promote(p_limit integer) returns jsonb ${PINNED} as $$
declare
  v_now timestamptz := ${schema}.now();
  v_promoted record;
  v_due_at timestamptz;
begin
  v_promoted := ${schema}.promote_due(p_limit, v_now);
  if v_promoted.promoted > 0 then perform ${schema}.wake(v_promoted.queues, v_promoted.promoted, null); end if;
  select j.due_at into v_due_at from ${schema}.jobs j where j.state = 1 order by j.due_at, j.id limit 1;
  return jsonb_build_object('promoted', v_promoted.promoted,
    'nextDueInMs', case when v_due_at is not null then greatest(0, ceil(date_part('epoch', v_due_at - v_now) * 1000)) end);
end $$;

-- Ids of finished jobs that were kept long enough, among the first to finish of each state that expire today or did so before.
create function ${schema}.first_expired(p_limit integer, p_now timestamptz) returns uuid[] ${INNER} as $$
declare
  v_today date := (p_now at time zone 'UTC')::date;
begin
  return array(
    select s.id from (
      (select d.id, d.expires_at from ${schema}.jobs_done d
        where d.state = 6 and d.expires_on <= v_today order by d.finished_at, d.id limit p_limit)
      union all
      (select d.id, d.expires_at from ${schema}.jobs_done d
        where d.state = 7 and d.expires_on <= v_today order by d.state, d.finished_at, d.id limit p_limit)
      union all
      (select d.id, d.expires_at from ${schema}.jobs_done d
        where d.state = 8 and d.expires_on <= v_today order by d.state, d.finished_at, d.id limit p_limit)
    ) s where s.expires_at <= p_now limit p_limit);
end $$;

-- The same among as many rows from where the last call stopped, state by state, round and round.
create function ${schema}.next_expired(p_limit integer, p_now timestamptz) returns uuid[] ${INNER} as $$
declare
  v_today date := (p_now at time zone 'UTC')::date;
  v_mark ${schema}.marks%rowtype;
  v_ids uuid[] := '{}';
  v_rows integer := 0;
  r record;
begin
  insert into ${schema}.marks (name, state, at, id)
  values ('prune', 6, '-infinity', '00000000-0000-0000-0000-000000000000') on conflict (name) do nothing;
  select * into v_mark from ${schema}.marks m where m.name = 'prune' for update;
  for r in
    select d.id, d.finished_at, d.expires_at from ${schema}.jobs_done d
      where v_mark.state = 6 and d.state = 6 and d.expires_on <= v_today and (d.finished_at, d.id) > (v_mark.at, v_mark.id)
      order by d.finished_at, d.id limit p_limit
  loop
    v_rows := v_rows + 1;
    v_mark.at := r.finished_at;
    v_mark.id := r.id;
    if r.expires_at <= p_now then v_ids := v_ids || r.id; end if;
  end loop;
  for r in
    select d.id, d.finished_at, d.expires_at from ${schema}.jobs_done d
      where d.state > 6 and d.state = v_mark.state and d.expires_on <= v_today
        and (d.finished_at, d.id) > (v_mark.at, v_mark.id)
      order by d.state, d.finished_at, d.id limit p_limit
  loop
    v_rows := v_rows + 1;
    v_mark.at := r.finished_at;
    v_mark.id := r.id;
    if r.expires_at <= p_now then v_ids := v_ids || r.id; end if;
  end loop;
  if v_rows < p_limit then
    v_mark.state := 6 + (v_mark.state - 5) % 3;
    v_mark.at := '-infinity';
    v_mark.id := '00000000-0000-0000-0000-000000000000';
  end if;
  update ${schema}.marks m set state = v_mark.state, at = v_mark.at, id = v_mark.id where m.name = 'prune';
  return v_ids;
end $$;

create function ${schema}.prune(p_limit integer) returns jsonb ${PINNED} as $$
declare
  v_now timestamptz := ${schema}.now();
  v_today date := (v_now at time zone 'UTC')::date;
  v_ids uuid[];
  v_logged uuid[];
  v_keys text[];
  v_count integer;
  v_removed integer;
  v_done integer;
begin
  -- Where all are kept for the same time the first to finish is the first to expire. Where not, those that expire early among
  -- others are met by a second look that goes round; what it has not met when the day is over goes with its partition.
  v_ids := ${schema}.first_expired(p_limit, v_now);
  if cardinality(v_ids) < p_limit then
    v_ids := (v_ids || ${schema}.next_expired(2 * p_limit, v_now))[1:p_limit];
  end if;
  with x as (
    delete from ${schema}.jobs_done d where d.id = any(v_ids) and d.expires_on <= v_today and d.expires_at <= v_now
    returning d.id, d.logged, d.unique_key
  )
  select count(*), array_agg(x.id) filter (where x.logged), array_agg(x.unique_key) filter (where x.unique_key is not null)
  into v_removed, v_logged, v_keys from x;
  if v_logged is not null then delete from ${schema}.logs l where l.job_id = any(v_logged); end if;
  if v_keys is not null then
    delete from ${schema}.keys k where k.key = any(v_keys) and k.job_id = any(v_ids) and k.scope = 3;
  end if;
  v_done := v_removed;
  if v_done < p_limit then v_done := v_done + ${schema}.discard_late(p_limit - v_done, v_now); end if;
  if v_done < p_limit then
    v_keys := array(
      select k.key from ${schema}.keys k where k.expires_at <= v_now
      order by k.expires_at limit p_limit - v_done for update skip locked);
    delete from ${schema}.keys k where k.key = any(v_keys);
    v_done := v_done + cardinality(v_keys);
  end if;
  if v_done < p_limit then
    delete from ${schema}.metrics m where m.ctid = any(array(
      select o.ctid from ${schema}.metrics o where o.minute < v_now - interval '8 days'
      order by o.minute limit p_limit - v_done for update skip locked));
    get diagnostics v_count = row_count;
    v_done := v_done + v_count;
  end if;
  if v_done < p_limit then delete from ${schema}.queues q where q.paused_until <= v_now; end if;
  return jsonb_build_object('removed', v_removed, 'more', p_limit > 0 and v_done >= p_limit);
end $$;

create function ${schema}.repair(p_limit integer) returns jsonb ${PINNED} as $$
declare
  v_now timestamptz := ${schema}.now();
  v_repaired integer;
begin
  -- Holders that nobody knows, as after a restore of a part of the tables: to be watched like any other.
  insert into ${schema}.servers (id, beat, beat_at, lease_ms, info)
  select h.server_id, 0, v_now, 15000, '{}' from (
    select distinct j.server_id from ${schema}.jobs j where j.state = 5
      and not exists (select 1 from ${schema}.servers s where s.id = j.server_id)
    limit p_limit
  ) h on conflict (id) do nothing;
  get diagnostics v_repaired = row_count;
  return jsonb_build_object('repaired', v_repaired, 'more', p_limit > 0 and v_repaired >= p_limit);
end $$;
`;
}
