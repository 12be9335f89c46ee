/* A recording of the camera in which somebody does what they are asked, one thing after another. */

import { t } from "./i18n.js";

export const SECONDS_EACH = 2.5;
const LEAD_SECONDS = 0.5;
const TYPES = ["video/webm;codecs=vp8", "video/webm", "video/mp4"];

const pause = (seconds) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));

/** The time of each action in the recording, as `action_time` names it: in milliseconds. */
export function actionTimes(actions) {
  return actions.map((_, at) => [LEAD_SECONDS + at * SECONDS_EACH, LEAD_SECONDS + (at + 1) * SECONDS_EACH].map((s) => Math.round(s * 1000)).join("-")).join(",");
}

/**
 * Records the stream while `ask` is called with each action in turn, then with null. Throws where the
 * camera is closed meanwhile.
 */
export async function record(stream, actions, ask) {
  const mimeType = TYPES.find((type) => MediaRecorder.isTypeSupported(type));
  const recorder = new MediaRecorder(stream, { mimeType, videoBitsPerSecond: 2_000_000 });
  const parts = [];
  recorder.addEventListener("dataavailable", ({ data }) => parts.push(data));
  const stopped = new Promise((resolve) => recorder.addEventListener("stop", resolve));
  recorder.start();
  await pause(LEAD_SECONDS);
  for (const action of actions) {
    ask(action);
    await pause(SECONDS_EACH);
  }
  ask(null);
  if (recorder.state === "inactive") throw new Error(t("liveness.stopped")); // the camera was closed
  recorder.stop();
  await stopped;
  const ending = mimeType.includes("mp4") ? "mp4" : "webm";
  return new File(parts, `camera.${ending}`, { type: mimeType.split(";")[0] });
}
