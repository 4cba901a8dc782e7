import type { SchemaNames } from "../migration.ts";

/**
 * Partitions of finished jobs, by the day on which they expire: made ahead, dropped when the day is over. Every lock is waited
 * for so short a time that nobody queues behind it; what does not succeed now succeeds another time. Where tables may not be
 * made all finished jobs stay in the default partition and are deleted row by row.
 */
export function partitions({ schema }: SchemaNames): string {
  return `
create function ${schema}.roll_partitions(p_days_ahead integer) returns integer language plpgsql as $$
declare
  v_today date := (${schema}.now() at time zone 'UTC')::date;
  v_day date;
  v_name text;
  v_changes integer := 0;
begin
  perform set_config('lock_timeout', '250ms', true);
  for i in 0..p_days_ahead loop
    v_day := v_today + i;
    v_name := 'jobs_done_' || to_char(v_day, 'YYYYMMDD');
    continue when to_regclass('${schema}.' || v_name) is not null;
    begin
      perform ${schema}.make_partition(v_name, v_day);
      v_changes := v_changes + 1;
    exception
      when insufficient_privilege then return v_changes;
      when lock_not_available or duplicate_table or deadlock_detected or check_violation then null;
    end;
  end loop;
  for v_name in
    select c.relname from pg_catalog.pg_inherits i join pg_catalog.pg_class c on c.oid = i.inhrelid
    where i.inhparent = '${schema}.jobs_done'::regclass and c.relname ~ '^jobs_done_\\d{8}$'
      and to_date(right(c.relname, 8), 'YYYYMMDD') < v_today
  loop
    begin
      if ${schema}.drop_partition(v_name) then v_changes := v_changes + 1; end if;
    exception
      when insufficient_privilege then return v_changes;
      when lock_not_available or undefined_table or deadlock_detected then null;
    end;
  end loop;
  return v_changes;
end $$;

create function ${schema}.make_partition(p_name text, p_day date) returns void language plpgsql as $$
begin
  -- Attached, not made in place: that would lock out every reader of the finished jobs.
  execute format('create table ${schema}.%I (like ${schema}.jobs_done including defaults)', p_name);
  execute format('alter table ${schema}.%I add constraint on_day check (expires_on >= %L and expires_on < %L)',
    p_name, p_day, p_day + 1);
  if exists (
    select 1 from ${schema}.jobs_done_default d where d.expires_on = p_day
  ) then
    lock table ${schema}.jobs_done_default in share row exclusive mode;
    execute format('with d as (
      delete from ${schema}.jobs_done_default d where d.expires_on = %L returning *
    ) insert into ${schema}.%I select * from d', p_day, p_name);
  end if;
  execute format('alter table ${schema}.jobs_done attach partition ${schema}.%I for values from (%L) to (%L)',
    p_name, p_day, p_day + 1);
end $$;

-- Drops a partition whose day is over, if it is empty or holds so many rows that deleting them one by one would never end.
create function ${schema}.drop_partition(p_name text) returns boolean language plpgsql as $$
declare
  v_rows bigint;
begin
  -- Lines of logs go with their jobs, so those that have some are deleted first.
  for i in 1..10 loop
    execute format('with d as (
      delete from ${schema}.%I d where d.ctid = any(array(select l.ctid from ${schema}.%I l where l.logged limit 5000)) returning d.id
    ), l as (
      delete from ${schema}.logs l using d where l.job_id = d.id
    ) select count(*) from d', p_name, p_name) into v_rows;
    exit when v_rows = 0;
  end loop;
  if v_rows > 0 then return false; end if;
  execute format('select count(*) from (select 1 from ${schema}.%I limit 10001) r', p_name) into v_rows;
  if v_rows between 1 and 10000 then return false; end if;
  execute format('drop table ${schema}.%I', p_name);
  return true;
end $$;
`;
}
