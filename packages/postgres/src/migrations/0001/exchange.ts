import type { SchemaNames } from "../migration.ts";
import { PINNED } from "./plan.ts";

/** Names have no spaces. What jobs that came together have in common is one text, which the client reads once. */
const CLAIMED = `j.id, concat_ws(' ', j.type, j.queue, j.priority, j.max_attempts, j.max_crashes, j.attempt, j.crashes, j.releases,
        date_part('epoch', v_now - j.enqueued_at) * 1000), j.payload, j.envelope`;

/**
 * The hot call. Its last row is a summary in borrowed columns: `head` the statuses, `payload` "held" or "lost" and the microseconds
 * of the clock, `envelope` the milliseconds until a claim may give more, empty for none. The rows before it are the claimed jobs,
 * queue by queue.
 */
export function exchange({ schema }: SchemaNames): string {
  return `
create function ${schema}.exchange(
  p_server uuid,
  p_ids uuid[], p_tokens bigint[], p_retain_ms bigint, p_retains bigint[], p_results text[], p_others jsonb,
  p_starting jsonb,
  p_token bigint, p_queues text[], p_limits integer[], p_limit integer, p_promote integer, p_bytes bigint, p_repeat boolean,
  p_floors bigint[]
) returns table (
  id uuid, head text, payload text, envelope text
) ${PINNED} as $$
#variable_conflict use_column
declare
  v_now timestamptz := ${schema}.now();
  v_letters text := '';
  v_held boolean;
  v_got integer := 0;
  v_bytes bigint := 0;
  v_want integer;
  v_count integer;
  v_tids tid[];
  v_pick record;
  v_is_cut boolean := false;
  v_is_more boolean := false;
  v_paused text[];
  v_resumes_at timestamptz;
  v_short text[] := '{}';
  v_due_at timestamptz;
  v_looks_again boolean := true;
  v_promoted record;
  v_next_ms double precision;
begin
  if cardinality(p_ids) = 0 and p_others is null and p_starting is null then
    -- A claim that is lost was never made: its token is known to nobody.
    perform set_config('synchronous_commit', 'off', true);
  else
    if p_starting is not null then
      if cardinality(p_ids) > 0 or p_others is not null then
        perform 1 from ${schema}.jobs j
        where j.id = any(p_ids || ${schema}.ids_of(p_others) || ${schema}.ids_of(p_starting)) order by j.id for update;
      end if;
      perform ${schema}.mark_starting(p_starting);
    end if;
    if cardinality(p_ids) > 0 or p_others is not null then
      v_letters := ${schema}.settle(p_ids, p_tokens, p_retain_ms, p_retains, p_results, p_others, v_now);
      if p_others is not null then perform ${schema}.wake_for_returned(p_others, p_server); end if;
    end if;
  end if;
  if p_token is null then
    select not s.lost into v_held from ${schema}.servers s where s.id = p_server;
  else
    -- Against recover, which takes the row for update: no job is leased under a server already recovered.
    select not s.lost into v_held from ${schema}.servers s where s.id = p_server for key share;
  end if;
  v_held := coalesce(v_held, false);
  if v_held and p_token is not null then
    if p_repeat then
      return query select ${CLAIMED} from ${schema}.jobs j
        where j.state = 5 and j.server_id = p_server and j.token = p_token limit p_limit;
      get diagnostics v_got = row_count;
    end if;
    if v_got = 0 then
      if p_promote > 0 then
        v_looks_again := false;
        select j.due_at into v_due_at from ${schema}.jobs j where j.state = 1 order by j.due_at, j.id limit 1;
        if v_due_at <= v_now then
          v_looks_again := true;
          v_promoted := ${schema}.promote_due(p_promote, v_now);
          if v_promoted.promoted > 0 then perform ${schema}.wake(v_promoted.queues, v_promoted.promoted, p_server); end if;
        end if;
      end if;
      if exists (select 1 from ${schema}.jobs j where j.discard_at <= v_now) then
        v_is_more := ${schema}.discard_late(1000, v_now) >= 1000;
      end if;
      select array_agg(q.name), min(q.paused_until) into v_paused, v_resumes_at from ${schema}.queues q
        where q.name = any(p_queues) and (q.paused_until is null or q.paused_until > v_now);
      for i in 1..cardinality(p_queues) loop
        v_want := least(p_limits[i], p_limit - v_got);
        exit when v_want <= 0 or v_is_cut;
        if p_queues[i] = any(v_paused) then
          v_short := v_short || p_queues[i];
          continue;
        end if;
        select * into v_pick from ${schema}.pick(p_queues[i], v_want, p_floors[i * 10 - 9 : i * 10]);
        v_tids := v_pick.tids;
        v_count := v_pick.count;
        if v_count < v_want then
          v_short := v_short || p_queues[i];
          -- What somebody else has locked at this moment may be free in the next.
          v_is_more := v_is_more or exists (select 1 from ${schema}.jobs j where j.state = 2 and j.queue = p_queues[i] offset v_count);
          continue when v_count = 0;
        end if;
        if v_pick.is_corrupt then
          v_tids := ${schema}.fail_corrupt(v_tids, v_now);
          v_is_more := true;
          continue when v_tids is null;
        end if;
        if v_bytes + v_pick.length > p_bytes then
          v_tids := ${schema}.fitting(v_tids, p_bytes - v_bytes, v_got = 0);
          v_is_cut := true;
          exit when v_tids is null;
        end if;
        v_bytes := v_bytes + v_pick.length;
        return query update ${schema}.jobs j set
            state = 5, token = p_token, server_id = p_server, attempt = j.attempt + 1, started_at = v_now, discard_at = null
          where j.ctid = any(v_tids) returning ${CLAIMED};
        get diagnostics v_count = row_count;
        v_got := v_got + v_count;
        if v_pick.keys is not null then
          delete from ${schema}.keys k where k.key = any(v_pick.keys) and k.job_id = any(v_pick.starters)
            and exists (select 1 from ${schema}.jobs j where j.id = k.job_id and j.state = 5);
        end if;
        if v_count = v_want and v_got < p_limit and not v_is_more then
          v_is_more := exists (select 1 from ${schema}.jobs j where j.state = 2 and j.queue = p_queues[i]);
        end if;
      end loop;
      perform ${schema}.note_hunger(p_server, v_short, p_queues, v_got < p_limit and not v_is_cut);
    end if;
  end if;
  if v_looks_again then
    select j.due_at into v_due_at from ${schema}.jobs j where j.state = 1 order by j.due_at, j.id limit 1;
  end if;
  if v_held and p_token is not null and (v_is_cut or v_is_more or v_got >= p_limit) then
    v_next_ms := 0;
  elsif v_due_at is not null or v_resumes_at is not null then
    v_next_ms := greatest(0, ceil(date_part('epoch', least(v_due_at, v_resumes_at) - v_now) * 1000));
  end if;
  return query select null::uuid, v_letters, concat_ws(' ', case when v_held then 'held' else 'lost' end,
    (date_part('epoch', v_now) * 1000000)::bigint), v_next_ms::text;
end $$;
`;
}
