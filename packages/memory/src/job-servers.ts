import type { ServerRegistration } from "@revojs/core";
import type { JobServer } from "./job-entry.ts";
import { ServerEntry } from "./server-entry.ts";

/** The registered job servers, lost ones included, and their order by id. */
export class JobServers {
  readonly #servers = new Map<string, JobServer>();
  #sortedIds: readonly string[] | undefined;

  get(serverId: string): JobServer | undefined {
    return this.#servers.get(serverId);
  }

  all(): Iterable<JobServer> {
    return this.#servers.values();
  }

  add(registration: ServerRegistration, nowMs: number): JobServer {
    const server: JobServer = new ServerEntry(registration, nowMs);
    this.#servers.set(server.id, server);
    this.#sortedIds = undefined;
    return server;
  }

  remove(serverId: string): void {
    this.#servers.delete(serverId);
    this.#sortedIds = undefined;
  }

  /** By id. */
  sorted(limit: number): readonly JobServer[] {
    return this.#resolve(this.#ids().slice(0, limit));
  }

  /** Up to `count` others, those that follow `serverId` by id, going round. */
  after(serverId: string, count: number): readonly JobServer[] {
    const ids = this.#ids();
    const position = ids.indexOf(serverId);
    const others = [...ids.slice(position + 1), ...ids.slice(0, Math.max(position, 0))];
    return this.#resolve(others.slice(0, count));
  }

  #ids(): readonly string[] {
    this.#sortedIds ??= [...this.#servers.keys()].toSorted();
    return this.#sortedIds;
  }

  #resolve(ids: readonly string[]): readonly JobServer[] {
    return ids.flatMap((id) => this.#servers.get(id) ?? []);
  }
}
