import type { SchemaNames } from "../migration.ts";
import { INNER } from "./plan.ts";

/** For triggers and other languages: stores one job as the scheduler would. A part of what this package promises. */
export function enqueueJob({ schema }: SchemaNames): string {
  return `
create function ${schema}.uuid_v7() returns uuid language sql volatile as $$
  select encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid())
    placing substring(int8send((date_part('epoch', clock_timestamp()) * 1000)::bigint) from 3) from 1 for 6), 52, 1), 53, 1), 'hex')::uuid
$$;

-- Answers the id of the job, or of the one that holds p_unique_key until it has finished. With p_run_at the job starts then.
create function ${schema}.enqueue_job(
  p_type text, p_payload jsonb default '{}', p_queue text default 'default', p_priority integer default 5,
  p_run_at timestamptz default null, p_tags text[] default '{}', p_unique_key text default null,
  p_max_attempts integer default 10, p_max_crashes integer default 3
) returns uuid ${INNER} as $$
declare
  v_id uuid := ${schema}.uuid_v7();
  v_has_key boolean := p_unique_key is not null;
  v_results text;
begin
  if p_type !~ '^[A-Za-z0-9._-]{1,128}$' or p_type is null then
    raise exception 'Expected p_type to be a name of 1 to 128 characters A-Z, a-z, 0-9, ., _ and -' using errcode = '22023';
  end if;
  if p_queue !~ '^[a-z0-9][a-z0-9._-]{0,63}$' or p_queue is null then
    raise exception 'Expected p_queue to be a name of 1 to 64 characters a-z, 0-9, ., _ and -' using errcode = '22023';
  end if;
  if p_priority not between 0 and 9 or p_max_attempts not between 1 and 1000 or p_max_crashes not between 0 and 100 then
    raise exception 'Expected p_priority from 0 to 9, p_max_attempts from 1 to 1000, p_max_crashes from 0 to 100'
      using errcode = '22023';
  end if;
  v_results := ${schema}.enqueue(
    array[v_id], array[p_type], array[p_queue], array[p_priority]::smallint[], array[p_payload::text],
    -- The key itself travels with the job, its digest is what is compared: as the scheduler does it.
    array[case when v_has_key then jsonb_build_object('u', p_unique_key)::text else '{}' end],
    array[p_max_attempts]::smallint[], array[p_max_crashes]::smallint[], array[nullif(p_tags, '{}')::text],
    null, case when p_run_at is not null then array[${schema}.ms(p_run_at)] end, null, null,
    case when v_has_key then array[translate(rtrim(encode(sha256(convert_to(p_unique_key, 'UTF8')), 'base64'), '='), '+/', '-_')] end,
    case when v_has_key then array[2]::smallint[] end, null, null, false, true);
  return case when v_results is null then v_id else (v_results::jsonb->'0'->>1)::uuid end;
end $$;
`;
}
