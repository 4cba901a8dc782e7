// Ids of the control collection: a kind and a name, which may be any text.

export const STORAGE_ID = "storage";
export const CLOCK_ID = "clock";

const SERVER = "server:";
const QUEUE = "queue:";
const TURN = "turn:";

export function serverKey(serverId: string): string {
  return SERVER + serverId;
}

export function serverIdOf(key: string): string {
  return key.slice(SERVER.length);
}

export function queueKey(queue: string): string {
  return QUEUE + queue;
}

export function queueOf(key: string): string {
  return key.slice(QUEUE.length);
}

export function turnKey(task: string): string {
  return TURN + task;
}

/** All servers, or all paused queues: from `from`, before `to`. `;` follows `:`. */
export const SERVER_RANGE: { readonly from: string; readonly to: string } = {
  from: SERVER,
  to: "server;",
};
export const QUEUE_RANGE: { readonly from: string; readonly to: string } = {
  from: QUEUE,
  to: "queue;",
};
