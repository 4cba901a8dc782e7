import { PostgresBackend } from "@agendajs/postgres-backend";
import pg from "pg";
import { agendaOn } from "./agenda.ts";
import type { BenchSystem } from "./bench-system.ts";

export const agendaOnPostgres: BenchSystem = agendaOn(
  {
    name: "agenda-postgres",
    title: "Agenda on PostgreSQL",
    store: "postgres",
    share: { drain: 0.02, bulk: 0.1 },
  },
  {
    create: (url) => new PostgresBackend({ poolConfig: { connectionString: url, max: 20 } }),
    async pending(url) {
      const pool = new pg.Pool({ connectionString: url, max: 1 });
      const query = "select count(*)::int as pending from agenda_jobs where next_run_at <= now()";
      return {
        count: async () => (await pool.query<{ pending: number }>(query)).rows[0]?.pending ?? 0,
        close: () => pool.end(),
      };
    },
  },
);
