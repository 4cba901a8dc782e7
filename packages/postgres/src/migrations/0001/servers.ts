import type { SchemaNames } from "../migration.ts";
import { INNER, PINNED } from "./plan.ts";

/** Job servers: who they are, whether they live, and what becomes of their jobs when they do not. */
export function servers(names: SchemaNames): string {
  return beats(names) + recovery(names);
}

function beats({ schema }: SchemaNames): string {
  return `
create function ${schema}.server_reply(p_server uuid, p_peers integer, p_now timestamptz) returns jsonb ${INNER} as $$
declare
  v_server ${schema}.servers%rowtype;
begin
  select * into v_server from ${schema}.servers s where s.id = p_server;
  return jsonb_build_object(
    'lease', case when v_server.lost = false then 'held' else 'lost' end,
    'storageId', (select m.storage_id from ${schema}.meta m),
    'now', ${schema}.ms(p_now),
    'beat', coalesce(v_server.beat, 0),
    'desired', coalesce(v_server.desired, 1),
    'deletions', array(
      select j.id from ${schema}.jobs j where j.server_id = p_server and j.state = 5 and j.deletion_requested_at is not null
      order by j.server_id, j.id limit 1000),
    'peers', case when p_peers = 0 or v_server.id is null then '[]' else coalesce((
      select jsonb_agg(jsonb_build_object('serverId', p.id, 'beat', p.beat, 'leaseMs', p.lease_ms, 'lost', p.lost)) from (
        (select s.* from ${schema}.servers s where s.id > p_server order by s.id limit p_peers)
        union all
        (select s.* from ${schema}.servers s where s.id < p_server order by s.id limit p_peers)
        limit p_peers
      ) p), '[]') end);
end $$;

create function ${schema}.register(p_server uuid, p_lease_ms bigint, p_info text) returns jsonb ${PINNED} as $$
declare
  v_now timestamptz := ${schema}.now();
begin
  insert into ${schema}.servers (id, beat, beat_at, lease_ms, info) values (p_server, 1, v_now, p_lease_ms, p_info)
  on conflict (id) do nothing;
  return ${schema}.server_reply(p_server, 0, v_now);
end $$;

create function ${schema}.heartbeat(p_server uuid, p_info text, p_peers integer) returns jsonb ${PINNED} as $$
declare
  v_now timestamptz := ${schema}.now();
begin
  -- A beat that is lost in a crash of the database is a beat that was not made.
  perform set_config('synchronous_commit', 'off', true);
  update ${schema}.servers s set beat = s.beat + 1, beat_at = v_now, info = coalesce(p_info, s.info)
  where s.id = p_server and not s.lost;
  return ${schema}.server_reply(p_server, p_peers, v_now);
end $$;

create function ${schema}.unregister(p_server uuid) returns void ${PINNED} as $$
begin
  perform 1 from ${schema}.servers s where s.id = p_server for update;
  delete from ${schema}.sleepers s where s.server_id = p_server;
  if exists (select 1 from ${schema}.jobs j where j.server_id = p_server and j.state = 5) then
    update ${schema}.servers s set lost = true where s.id = p_server;
  else
    delete from ${schema}.servers s where s.id = p_server;
  end if;
end $$;
`;
}

function recovery({ schema }: SchemaNames): string {
  return `
-- Waits for what others are doing to the first jobs of a server, but not for long.
create function ${schema}.await_jobs(p_server uuid, p_limit integer) returns void ${INNER} as $$
declare
  v_before text := current_setting('lock_timeout');
begin
  perform set_config('lock_timeout', '500ms', true);
  perform 1 from ${schema}.jobs j where j.server_id = p_server and j.state = 5
    order by j.server_id, j.id limit p_limit for update;
  perform set_config('lock_timeout', v_before, true);
exception
  when lock_not_available then null;
end $$;

create function ${schema}.recover(
  p_server uuid, p_beat bigint, p_limit integer, p_delay_ms bigint, p_retain_ms bigint, p_fingerprint text, p_error text
) returns jsonb ${PINNED} as $$
declare
  v_now timestamptz := ${schema}.now();
  v_server ${schema}.servers%rowtype;
  v_returned uuid[] := '{}';
  v_failed uuid[] := '{}';
  v_deleted uuid[] := '{}';
  v_queues text[] := '{}';
  v_crashes integer;
  v_to integer;
  v_is_more boolean;
  r ${schema}.jobs%rowtype;
begin
  -- Claims take this row for key share: from here on none of this server's succeeds.
  select * into v_server from ${schema}.servers s where s.id = p_server for update;
  if found then
    if not v_server.lost and v_server.beat <> p_beat then return '{"kind":"beat-moved"}'; end if;
    if not v_server.lost then
      update ${schema}.servers s set lost = true where s.id = p_server;
      delete from ${schema}.sleepers s where s.server_id = p_server;
    end if;
  else
    return jsonb_build_object('kind', 'recovered', 'returned', v_returned, 'failed', v_failed, 'deleted', v_deleted, 'more', false);
  end if;
  perform ${schema}.await_jobs(p_server, p_limit);
  -- What is still locked, as by a long transaction of the caller's, is passed by: it keeps nobody else's job back.
  for r in
    select * from ${schema}.jobs j where j.server_id = p_server and j.state = 5
    order by j.server_id, j.id limit p_limit for update skip locked
  loop
    v_crashes := r.crashes + case when r.starting or r.crashes = 0 and r.max_crashes > 0 then 1 else 0 end;
    if r.deletion_requested_at is not null then
      perform ${schema}.end_job(r.id, 8, 'requested', coalesce(r.deletion_retain_ms, 0), 1, 0, null,
        ${schema}.attempt_line(r, v_now, 8, 'requested', null, null), v_now, false);
      v_deleted := v_deleted || r.id;
    elsif v_crashes > r.max_crashes then
      perform ${schema}.end_job(r.id, 7, 'crash-loop', p_retain_ms, 1, v_crashes, p_fingerprint,
        ${schema}.attempt_line(r, v_now, 7, 'crash-loop', p_fingerprint, p_error), v_now, false);
      v_failed := v_failed || r.id;
    else
      v_to := case when r.starting and p_delay_ms > 0 then 1 else 2 end;
      update ${schema}.jobs j set
        state = v_to, attempt = j.attempt - 1, crashes = v_crashes, starting = false, token = null, server_id = null,
        due_at = case when v_to = 1 then ${schema}.later(v_now, p_delay_ms) end,
        enqueued_at = case when v_to = 2 and r.starting then v_now else j.enqueued_at end,
        history = ${schema}.noted(j.history, ${schema}.attempt_line(r, v_now, v_to, 'server-lost', p_fingerprint, p_error))
      where j.id = r.id;
      v_returned := v_returned || r.id;
      if not r.queue = any(v_queues) then v_queues := v_queues || r.queue; end if;
    end if;
  end loop;
  v_is_more := exists (select 1 from ${schema}.jobs j where j.server_id = p_server and j.state = 5);
  if not v_is_more then delete from ${schema}.servers s where s.id = p_server; end if;
  if v_returned <> '{}' then
    perform ${schema}.wake(v_queues, cardinality(v_returned), null);
    perform ${schema}.wake_due();
  end if;
  return jsonb_build_object(
    'kind', 'recovered', 'returned', v_returned, 'failed', v_failed, 'deleted', v_deleted, 'more', v_is_more);
end $$;
`;
}
