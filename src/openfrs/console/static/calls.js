/* Every call of this session, for the drawer that shows them. Tokens and pictures are not kept. */

const KEPT = 100;

export const calls = [];

const listeners = new Set();

/** Calls back after each new or finished call; answers what ends that. */
export function whenCallsChange(callback) {
  listeners.add(callback);
  return () => listeners.delete(callback);
}

export function began(call) {
  calls.unshift(call);
  calls.length = Math.min(calls.length, KEPT);
  tell();
  return call;
}

export function ended(call, status, started) {
  call.status = status;
  call.ms = Math.round(performance.now() - started);
  tell();
}

export function forgetCalls() {
  calls.length = 0;
  tell();
}

function tell() {
  for (const callback of listeners) callback();
}
