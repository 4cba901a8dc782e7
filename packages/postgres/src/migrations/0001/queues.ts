import type { SchemaNames } from "../migration.ts";
import { PINNED } from "./plan.ts";

/** What the console shows of queues. */
export function queues({ schema }: SchemaNames): string {
  return `
-- By jumping from name to name through the indexes: as many steps as there are queues, however many jobs.
create function ${schema}.list_queues(p_most integer) returns jsonb ${PINNED} as $$
declare
  v_now timestamptz := ${schema}.now();
  v_result jsonb;
begin
  with recursive ready as (
    (select j.queue from ${schema}.jobs j where j.state = 2 order by j.queue limit 1)
    union all
    select (select j.queue from ${schema}.jobs j where j.state = 2 and j.queue > r.queue order by j.queue limit 1)
    from ready r where r.queue is not null
  ), later as (
    (select j.queue from ${schema}.jobs j where j.state in (1, 3, 4) order by j.queue limit 1)
    union all
    select (select j.queue from ${schema}.jobs j where j.state in (1, 3, 4) and j.queue > l.queue order by j.queue limit 1)
    from later l where l.queue is not null
  ), running as (
    select j.queue, count(*) as jobs from ${schema}.jobs j where j.state = 5 group by j.queue
  ), names as (
    select queue from ready union select queue from later union select queue from running
    union select q.name from ${schema}.queues q where q.paused_until is null or q.paused_until > v_now
  ), named as (
    select n.queue from names n where n.queue is not null order by n.queue limit p_most
  )
  select jsonb_agg(jsonb_build_object(
    'queue', n.queue,
    'counts', jsonb_build_object(
      '1', (select count(*) from (select 1 from ${schema}.jobs j where j.state in (1, 3, 4) and j.state = 1 and j.queue = n.queue limit 10000) c),
      '2', (select count(*) from (select 1 from ${schema}.jobs j where j.state = 2 and j.queue = n.queue limit 10000) c),
      '3', (select count(*) from (select 1 from ${schema}.jobs j where j.state in (1, 3, 4) and j.state = 3 and j.queue = n.queue limit 10000) c),
      '4', (select count(*) from (select 1 from ${schema}.jobs j where j.state in (1, 3, 4) and j.state = 4 and j.queue = n.queue limit 10000) c),
      '5', coalesce((select least(r.jobs, 10000) from running r where r.queue = n.queue), 0)),
    'oldestWaitMs', (
      select case when min(o.enqueued_at) is not null
        then greatest(floor(date_part('epoch', v_now - min(o.enqueued_at)) * 1000), 0) end from generate_series(0, 9) p
      cross join lateral (
        select j.enqueued_at from ${schema}.jobs j where j.state = 2 and j.queue = n.queue and j.priority = p
        order by j.queue, j.priority, j.enqueued_at limit 1
      ) o),
    'pause', (
      select jsonb_build_object('since', ${schema}.ms(q.paused_at), 'actor', q.actor, 'reason', q.reason,
        'endsInMs', ceil(date_part('epoch', q.paused_until - v_now) * 1000))
      from ${schema}.queues q where q.name = n.queue and (q.paused_until is null or q.paused_until > v_now))
  ) order by n.queue) into v_result from named n;
  return coalesce(v_result, '[]');
end $$;
`;
}
