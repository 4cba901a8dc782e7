import { JobEntry, type JobExtras } from "./job-entry.ts";
import type { Sleepers } from "./sleepers.ts";
import { Store } from "./store.ts";

/** A second store with the same content, for the test hooks `snapshot` and `rollbackTo`. Neither sees changes of the other. */
export function copyStore(source: Store, sleepers: Sleepers): Store {
  const copy = new Store(source.settings, sleepers);
  copy.operations = source.operations;
  copy.sequence = source.sequence;
  for (const [name, line] of source.queues) copy.queue(name).pause = line.pause;
  for (const {
    id,
    leaseMs,
    info,
    beatAtMs,
    beat,
    desired,
    lost,
    crashed,
  } of source.servers.all()) {
    const server = copy.servers.add({ serverId: id, leaseMs, info }, beatAtMs);
    Object.assign(server, { beat, desired, lost, crashed });
  }
  for (const entry of source.jobs.values()) copyEntry(copy, entry);
  copyPlanes(copy, source);
  for (const held of source.uniqueKeys.holders()) copy.uniqueKeys.restore(held);
  for (const [task, nextAtMs] of source.turns) copy.turns.set(task, nextAtMs);
  copy.metrics.restore(source.metrics);
  return copy;
}

function copyEntry(copy: Store, source: JobEntry): void {
  const entry = Object.assign(Object.create(JobEntry.prototype) as JobEntry, source);
  entry.line = copy.queue(source.line.name);
  entry.server = source.server && copy.servers.get(source.server.id);
  entry.heapAt = -1;
  entry.ringAt = -1;
  entry.idAt = -1;
  entry.laneAt = -1;
  entry.extras = source.extras && copyExtras(copy, entry, source.extras);
  copy.jobs.set(entry.id, entry);
  copy.byId.add(entry);
}

/** What is changed in place is copied; all else can be shared. */
function copyExtras(
  copy: Store,
  entry: JobEntry,
  { discard, history, log, ...others }: JobExtras,
): JobExtras {
  const extras: JobExtras = others;
  if (history !== undefined) extras.history = [...history];
  if (log !== undefined) extras.log = { lines: [...log.lines], dropped: log.dropped };
  if (discard !== undefined) {
    extras.discard = { entry, atMs: discard.atMs, heapAt: -1 };
    copy.discards.push(extras.discard);
  }
  return extras;
}

/** Each job into the structure of its state, in the order of the source. */
function copyPlanes(copy: Store, source: Store): void {
  const own = (entry: JobEntry): JobEntry => copy.jobs.get(entry.id) as JobEntry;
  for (const line of source.queues.values()) {
    const lineCopy = copy.queue(line.name);
    for (const band of line.bands)
      for (const entry of band?.inOrder() ?? []) lineCopy.push(own(entry));
    lineCopy.scheduled = line.scheduled;
    lineCopy.processing = line.processing;
    lineCopy.awaiting = line.awaiting;
    lineCopy.throttled = line.throttled;
  }
  for (const entry of source.due.items) copy.due.push(own(entry));
  for (const server of source.servers.all()) {
    const serverCopy = copy.servers.get(server.id);
    for (const entry of server.held.forward()) {
      own(entry).ringAt = serverCopy?.held.push(own(entry)) ?? -1;
    }
    for (const entry of server.marked) serverCopy?.marked.add(own(entry));
  }
  for (const entry of source.finished.oldestFirst()) copy.finished.add(own(entry));
}
