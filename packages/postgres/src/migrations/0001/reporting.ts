import type { SchemaNames } from "../migration.ts";
import { INNER, PINNED } from "./plan.ts";

/** Progress and log lines of attempts that still hold their lease. */
export function reporting({ schema }: SchemaNames): string {
  return `
create function ${schema}.report(p_items jsonb) returns text ${PINNED} as $$
declare
  v_item jsonb;
  v_id uuid;
  v_token bigint;
  v_lines integer;
  v_letters text := '';
begin
  -- Rows are locked in the order of their ids.
  perform 1 from ${schema}.jobs j
  where j.id = any(${schema}.ids_of(p_items)) order by j.id for no key update;
  for v_item in select o from jsonb_array_elements(p_items) o loop
    v_id := (v_item->>'id')::uuid;
    v_token := (v_item->>'token')::bigint;
    v_lines := coalesce(jsonb_array_length(v_item->'lines'), 0);
    update ${schema}.jobs j set progress = coalesce((v_item->>'progress')::double precision, j.progress),
      logged = j.logged or v_lines > 0
    where j.id = v_id and j.state + 0 = 5 and j.token = v_token;
    if found then
      if v_lines > 0 then
        insert into ${schema}.logs (job_id, at_ms, attempt, level, text)
        select v_id, (l->>'at')::bigint, (l->>'attempt')::integer, l->>'level', l->>'text'
        from jsonb_array_elements(v_item->'lines') with ordinality o(l, place) order by o.place;
        perform ${schema}.trim_log(v_id);
      end if;
      v_letters := v_letters || 's';
    elsif ${schema}.state_of(v_id) is null then
      v_letters := v_letters || 'g';
    else
      v_letters := v_letters || 'x';
    end if;
  end loop;
  return v_letters;
end $$;

-- Keeps between one and two thousand lines of a job.
create function ${schema}.trim_log(p_job uuid) returns void ${INNER} as $$
declare
  v_line bigint;
begin
  select l.line into v_line from ${schema}.logs l where l.job_id = p_job order by l.job_id desc, l.line desc offset 2000 limit 1;
  if found then
    select l.line into v_line from ${schema}.logs l where l.job_id = p_job order by l.job_id desc, l.line desc offset 999 limit 1;
    delete from ${schema}.logs l where l.job_id = p_job and l.line < v_line;
  end if;
end $$;

create function ${schema}.put_metrics(p_server uuid, p_points jsonb) returns void ${PINNED} as $$
begin
  insert into ${schema}.metrics as m (minute, server_id, queue, type, values)
  select f.minute, p_server, f.queue, f.type, f.values from (
    select distinct on (u.minute, u.queue, u.type) u.* from (
      select timestamptz 'epoch' + (p->>'minute')::bigint * interval '1 millisecond' as minute, p->>'queue' as queue,
        p->>'type' as type, array(select v::double precision from jsonb_array_elements_text(p->'values') v) as values, o.place
      from jsonb_array_elements(p_points) with ordinality o(p, place)
    ) u order by u.minute, u.queue, u.type, u.place desc
  ) f
  on conflict (minute, server_id, queue, type) do update set values = excluded.values;
end $$;
`;
}
