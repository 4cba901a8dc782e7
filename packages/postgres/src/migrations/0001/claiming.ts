import type { SchemaNames } from "../migration.ts";
import { INNER } from "./plan.ts";

/** What an exchange does now and then. */
export function claiming({ schema }: SchemaNames): string {
  const picked = `select array_agg(k.ctid), count(*), sum(octet_length(k.payload)),
    bool_or(k.payload is null or k.envelope is null),
    array_agg(k.id) filter (where k.unique_scope = 1), array_agg(k.unique_key) filter (where k.unique_scope = 1)`;
  const columns = "j.ctid, j.id, j.payload, j.envelope, j.unique_scope, j.unique_key";
  return `
-- Locks the next jobs of a queue that nobody else has locked. p_floors: for each band the microseconds since 1970 before which
-- there is nothing but what was claimed already; the dead entries of those jobs are then passed by. A pick that comes short
-- under floors is done again without.
create function ${schema}.pick(
  p_queue text, p_want integer, p_floors bigint[], out tids tid[], out count integer, out length bigint,
  out is_corrupt boolean, out starters uuid[], out keys text[]
) ${INNER} as $$
begin
  if p_floors is not null then
    ${picked} into tids, count, length, is_corrupt, starters, keys from (
      select ${columns} from unnest(p_floors) with ordinality f(floor_us, band) cross join lateral (
        select * from (
          select j.ctid, j.* from ${schema}.jobs j where j.state = 2 and j.queue = p_queue and j.priority = f.band - 1
            and j.enqueued_at >= coalesce(timestamptz 'epoch' + f.floor_us * interval '1 microsecond', '-infinity')
          order by j.queue, j.priority, j.enqueued_at, j.id limit p_want for update skip locked
        ) j
      ) j limit p_want
    ) k;
  end if;
  if p_floors is null or count < p_want then
    ${picked} into tids, count, length, is_corrupt, starters, keys from (
      select ${columns} from ${schema}.jobs j where j.state = 2 and j.queue = p_queue
      order by j.queue, j.priority, j.enqueued_at, j.id limit p_want for update skip locked
    ) k;
  end if;
end $$;

-- Fenced like a settlement: a crash from here on counts.
create function ${schema}.mark_starting(p_starting jsonb) returns void ${INNER} as $$
declare
  v_one jsonb;
begin
  for v_one in select o from jsonb_array_elements(p_starting) o order by o->>'id' loop
    update ${schema}.jobs j set starting = true
    where j.id = (v_one->>'id')::uuid and j.state + 0 = 5 and j.token = (v_one->>'token')::bigint and not j.starting;
  end loop;
end $$;

-- Fails the locked rows that cannot be read. Answers the others, in their order; null for none.
create function ${schema}.fail_corrupt(p_tids tid[], p_now timestamptz) returns tid[] ${INNER} as $$
declare
  v_tid tid;
  v_id uuid;
  v_is_corrupt boolean;
  v_good tid[];
begin
  foreach v_tid in array p_tids loop
    select j.id, j.payload is null or j.envelope is null into v_id, v_is_corrupt from ${schema}.jobs j where j.ctid = v_tid;
    if v_is_corrupt then
      perform ${schema}.end_job(v_id, 7, 'corrupt', 1209600000, 0, 0, null, null, p_now);
    else
      v_good := v_good || v_tid;
    end if;
  end loop;
  return v_good;
end $$;

-- As many of the locked rows, from the first, as their payloads fit; the first one always does where p_at_least_one.
create function ${schema}.fitting(p_tids tid[], p_bytes bigint, p_at_least_one boolean) returns tid[] ${INNER} as $$
declare
  v_tid tid;
  v_left bigint := p_bytes;
  v_length integer;
  v_fitting tid[];
begin
  foreach v_tid in array p_tids loop
    select octet_length(j.payload) into v_length from ${schema}.jobs j where j.ctid = v_tid;
    v_left := v_left - v_length;
    exit when v_left < 0 and (v_fitting is not null or not p_at_least_one);
    v_fitting := v_fitting || v_tid;
  end loop;
  return v_fitting;
end $$;

-- A short claim leaves the server hungry for what gave too little; a full one passes the wake on when it left some.
create function ${schema}.note_hunger(p_server uuid, p_short text[], p_queues text[], p_is_short boolean)
returns void ${INNER} as $$
declare
  v_hungry text[] := case when p_is_short then p_short else '{}' end;
begin
  update ${schema}.sleepers s set queues = v_hungry where s.server_id = p_server and s.queues <> v_hungry;
  if p_is_short then return; end if;
  if exists (select 1 from ${schema}.sleepers s where s.server_id <> p_server and s.queues && p_queues) and exists (
    select 1 from unnest(p_queues) q cross join lateral (
      select 1 from ${schema}.jobs j where j.state = 2 and j.queue = q limit 1
    ) r
  ) then
    perform ${schema}.wake(p_queues, 3, p_server);
  end if;
end $$;

-- Wakes for jobs that a settlement gave back to their queue, or put off to before all others.
create function ${schema}.wake_for_returned(p_others jsonb, p_server uuid) returns void ${INNER} as $$
declare
  v_ids uuid[];
  v_queues text[];
  v_count bigint;
begin
  if not exists (select 1 from ${schema}.sleepers s where s.queues <> '{}') then return; end if;
  v_ids := ${schema}.ids_of(p_others);
  select array_agg(distinct j.queue), count(*) into v_queues, v_count
    from ${schema}.jobs j where j.id = any(v_ids) and j.state + 0 = 2;
  if v_count > 0 then perform ${schema}.wake(v_queues, v_count, p_server); end if;
  if exists (
    select 1 from (select j.id from ${schema}.jobs j where j.state = 1 order by j.due_at, j.id limit 1) h
    where h.id = any(v_ids)
  ) then
    perform ${schema}.wake_due();
  end if;
end $$;
`;
}
