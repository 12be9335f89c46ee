/* Many pictures on their way to a face set, two at a time. */

import { addFaces } from "./frs.js";
import { explain } from "./refusals.js";

const AT_ONCE = 2;
const TRIES = 5;
const PAUSE_MS = 1000;

const TOO_MANY_REQUESTS = 429;

/** An `external_image_id` that the service takes, from a file's name; empty where nothing is left. */
export function idFromName(name) {
  return name
    .replace(/\.[^.]*$/, "")
    .replace(/[^A-Za-z0-9_-]+/g, "-")
    .replace(/^-+|-+$/g, "")
    .slice(0, 36);
}

/** A picture waiting to be added. `form` holds the other fields of the request. */
export function upload(file, form) {
  return { file, form, state: "waiting", faces: [], reason: "" };
}

/**
 * Adds the waiting pictures. `changed` is called with each upload as its state moves: waiting,
 * sending, done or failed. Ends early where the signal says so; those not sent stay waiting.
 */
export async function addAll(set, uploads, changed, signal) {
  const waiting = uploads.filter(({ state }) => state === "waiting");
  const worker = async () => {
    for (let next = waiting.shift(); next !== undefined && !signal.aborted; next = waiting.shift()) {
      await addOne(set, next, changed, signal);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

/** What the work answers; a service that has too much to do is asked again after a pause. */
async function patiently(work) {
  for (let tries = 1; ; tries += 1) {
    try {
      return await work();
    } catch (error) {
      if (error.status !== TOO_MANY_REQUESTS || tries === TRIES) throw error;
      await new Promise((resolve) => setTimeout(resolve, tries * PAUSE_MS));
    }
  }
}

async function addOne(set, one, changed, signal) {
  one.state = "sending";
  changed(one);
  try {
    one.faces = (await patiently(() => addFaces(set, { ...one.form, image_file: one.file }, signal))).faces;
    one.state = "done";
  } catch (error) {
    one.state = error.name === "AbortError" ? "waiting" : "failed";
    one.reason = error.name === "AbortError" ? "" : explain(error);
  }
  changed(one);
}
