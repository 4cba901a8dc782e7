import type { SchemaNames } from "../migration.ts";
import { PINNED } from "./plan.ts";

/** One text in, one text out, so that every driver and mapper can call them inside its own transaction. */
export function transactions({ schema }: SchemaNames): string {
  return `
create function ${schema}.enqueue_in(p_request text) returns text ${PINNED} as $$
declare
  v_request jsonb := p_request;
  v_storage_id uuid;
begin
  select m.storage_id into v_storage_id from ${schema}.meta m;
  if v_storage_id <> (v_request->>'storageId')::uuid then
    raise exception 'This transaction belongs to another storage' using errcode = 'RV001';
  end if;
  return (
    select ${schema}.enqueue(
      array_agg((j->>'id')::uuid order by n), array_agg(j->>'type' order by n), array_agg(j->>'queue' order by n),
      array_agg((j->>'priority')::smallint order by n), array_agg(j->>'payload' order by n),
      array_agg(j->>'envelope' order by n), array_agg((j->>'maxAttempts')::smallint order by n),
      array_agg((j->>'maxCrashes')::smallint order by n), array_agg(j->>'tags' order by n),
      case when bool_or(j ? 'delayMs') then array_agg((j->>'delayMs')::bigint order by n) end,
      case when bool_or(j ? 'runAtMs') then array_agg((j->>'runAtMs')::bigint order by n) end,
      case when bool_or(j ? 'discardMs') then array_agg((j->>'discardMs')::bigint order by n) end,
      case when bool_or(j ? 'discardMs') then array_agg((j->>'discardRetainMs')::bigint order by n) end,
      case when bool_or(j ? 'key') then array_agg(j->>'key' order by n) end,
      case when bool_or(j ? 'key') then array_agg((j->>'scope')::smallint order by n) end,
      case when bool_or(j ? 'key') then array_agg((j->>'windowMs')::bigint order by n) end,
      case when bool_or((j->>'replace')::boolean) then array_agg((j->>'replace')::boolean order by n) end,
      (v_request->>'mayExist')::boolean, true)
    from jsonb_array_elements(v_request->'jobs') with ordinality o(j, n));
end $$;

-- Ends one attempt. Answers the letter of its status.
create function ${schema}.complete_in(p_settlement text) returns text ${PINNED} as $$
declare
  v_settlement jsonb := p_settlement;
  v_storage_id uuid;
  v_letters text;
begin
  select m.storage_id into v_storage_id from ${schema}.meta m;
  if v_storage_id <> (v_settlement->>'storageId')::uuid then
    raise exception 'This transaction belongs to another storage' using errcode = 'RV001';
  end if;
  if v_settlement->>'kind' = 'succeed' then
    v_letters := ${schema}.settle(array[(v_settlement->>'id')::uuid], array[(v_settlement->>'token')::bigint],
      (v_settlement->>'retainMs')::bigint, null, array[v_settlement->>'result'], null, ${schema}.now());
  else
    v_letters := ${schema}.settle('{}', '{}', 0, null, null, jsonb_build_array(v_settlement), ${schema}.now());
  end if;
  return case when v_letters = '' then 's' else v_letters end;
end $$;
`;
}
