/* Who is signed in. The token lives in this variable and nowhere else, so a reload signs out. */

const EMPTY = { token: null, user: null, domain: "", administrator: false, projects: [], project: null, service: null };

export const session = { ...EMPTY };

const ends = [];

/** Calls back when a session ends, with the reason: "left" or "expired". */
export function whenSessionEnds(callback) {
  ends.push(callback);
}

export function endSession(reason) {
  if (session.token === null) return;
  Object.assign(session, EMPTY);
  for (const callback of ends) callback(reason);
}

/** Whether the service says that it has this feature. */
export function hasFeature(name) {
  return Boolean(session.service?.features?.[name]);
}

/** The service's similarity at which pictures usually show one person. */
export const USUAL_THRESHOLD = 0.93;
