/** Calls `callback` in the event loop's next turn: after everything that is ready now has run, before any timer. */
export function nextTurn(callback: () => void): void {
  setImmediate(callback);
}
