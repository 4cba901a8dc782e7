import { MongoBackend } from "@agendajs/mongo-backend";
import { MongoClient } from "mongodb";
import { agendaOn } from "./agenda.ts";
import type { BenchSystem } from "./bench-system.ts";

export const agendaOnMongodb: BenchSystem = agendaOn(
  { name: "agenda", title: "Agenda", store: "mongodb", share: { drain: 0.01, bulk: 0.05 } },
  {
    create: (url) => new MongoBackend({ address: url }),
    async pending(url) {
      const client = await new MongoClient(url).connect();
      const jobs = client.db().collection("agendaJobs");
      return {
        count: () => jobs.countDocuments({ nextRunAt: { $lte: new Date() } }),
        close: () => client.close(),
      };
    },
  },
);
