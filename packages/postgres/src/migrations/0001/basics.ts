import type { SchemaNames } from "../migration.ts";

/** The clock, history lines, wakes: what the other functions stand on. */
export function basics({ schema, channel }: SchemaNames): string {
  return `
create function ${schema}.now() returns timestamptz language sql volatile as $$ select clock_timestamp() $$;

-- A time a thousand years ahead stands for every later one. Stable, as sums of times are: so it is written into the statement.
create function ${schema}.later(p_from timestamptz, p_ms bigint) returns timestamptz language sql stable as
$$ select p_from + case when p_ms > 31556952000000 then 31556952000000 else p_ms end * interval '1 millisecond' $$;

-- Whole milliseconds since 1970, rounded down.
create function ${schema}.ms(p_at timestamptz) returns bigint language sql stable as
$$ select round(date_part('epoch', date_trunc('milliseconds', p_at)) * 1000)::bigint $$;

-- The ids of a JSON array of objects; none for null.
create function ${schema}.ids_of(p_items jsonb) returns uuid[] language sql immutable as
$$ select array(select (o->>'id')::uuid from jsonb_array_elements(p_items) o) $$;

-- The newest 20 lines.
create function ${schema}.noted(p_history jsonb, p_line jsonb) returns jsonb language sql immutable as
$$ select case when p_history is null then jsonb_build_array(p_line)
  when jsonb_array_length(p_history) >= 20 then (p_history - 0) || jsonb_build_array(p_line)
  else p_history || jsonb_build_array(p_line) end $$;

create function ${schema}.attempt_line(
  p_job ${schema}.jobs, p_now timestamptz, p_to integer, p_reason text, p_fingerprint text, p_error text
) returns jsonb language sql stable as
$$ select jsonb_strip_nulls(jsonb_build_object(
  'at', ${schema}.ms(p_now), 'from', (p_job).state, 'to', p_to, 'attempt', (p_job).attempt,
  'startedAt', ${schema}.ms((p_job).started_at), 'serverId', (p_job).server_id, 'reason', p_reason,
  'fingerprint', p_fingerprint, 'error', p_error)) $$;

create function ${schema}.act_line(
  p_now timestamptz, p_from integer, p_to integer, p_attempt integer, p_actor text, p_reason text
) returns jsonb language sql stable as
$$ select jsonb_build_object(
  'at', ${schema}.ms(p_now), 'from', p_from, 'to', p_to, 'attempt', p_attempt, 'actor', p_actor, 'reason', p_reason) $$;

-- Wakes up to three of the servers that hunger for one of the queues, never more than there are jobs.
create function ${schema}.wake(p_queues text[], p_jobs bigint, p_except uuid) returns void language plpgsql as $$
begin
  perform pg_notify('${channel}', 'jobs:' || w.server_id) from (
    select s.server_id from ${schema}.sleepers s join ${schema}.servers v on v.id = s.server_id and not v.lost
    where s.queues && p_queues and s.server_id is distinct from p_except
    order by random() limit least(p_jobs, 3)
  ) w;
end $$;

-- In a transaction of its own, whose commit waits for no disk: the lock that it holds meanwhile is one of the whole server.
create function ${schema}.wake_alone(p_queues text[], p_jobs bigint) returns void language plpgsql as $$
begin
  perform set_config('synchronous_commit', 'off', true);
  perform ${schema}.wake(p_queues, p_jobs, null);
end $$;

-- A job became the earliest due: one sleeper takes over the timer.
create function ${schema}.wake_due() returns void language plpgsql as $$
begin
  perform pg_notify('${channel}', 'due:' || w.server_id) from (
    select s.server_id from ${schema}.sleepers s join ${schema}.servers v on v.id = s.server_id and not v.lost
    where s.queues <> '{}' order by random() limit 1
  ) w;
end $$;

create function ${schema}.wake_control(p_server uuid) returns void language plpgsql as $$
begin
  perform pg_notify('${channel}', 'control:' || s.server_id) from ${schema}.sleepers s where s.server_id = p_server;
end $$;
`;
}
