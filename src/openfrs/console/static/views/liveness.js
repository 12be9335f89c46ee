/* Is somebody really there? A video in which actions are done, or one picture. */

import { fill, h } from "../dom.js";
import { detectLive, detectLiveFace } from "../frs.js";
import { t } from "../i18n.js";
import { actionTimes, record, SECONDS_EACH } from "../recorder.js";
import { busy, button, iconButton } from "../ui/button.js";
import { closeCamera, liveView, openCamera } from "../ui/camera.js";
import { segments } from "../ui/field.js";
import { card, page } from "../ui/page.js";
import { pictureInput } from "../ui/picture_input.js";
import { probe } from "../ui/probe.js";
import { empty, failure, skeleton } from "../ui/states.js";
import { failed } from "../ui/toast.js";
import { verdict } from "./liveness_verdict.js";

export const ACTIONS = { 1: "action.left", 2: "action.right", 3: "action.nod", 4: "action.mouth", 5: "action.blink" };
const MOST_ACTIONS = 5; // they fill the fifteen seconds that a video may last
const VIDEOS = "video/*,.mp4,.webm,.mov,.avi,.flv,.asf";

export function livenessView() {
  const outcome = h("section", { class: "stack", "aria-live": "polite", "aria-label": t("liveness.outcome") });
  const waiting = () => fill(outcome, empty("liveness", t("liveness.waiting"), t("liveness.waitingText")));
  const judge = async (work) => {
    fill(outcome, skeleton(3));
    try {
      fill(outcome, verdict(await work()));
    } catch (error) {
      fill(outcome, failure(error));
    }
  };
  const place = h("div", {});
  const view = page({
    title: t("liveness.title"),
    lead: t("liveness.lead"),
    content: h("div", { class: "columns even" }, h("div", { class: "stack" }, ways(), place), outcome),
    wide: true,
  });
  function ways() {
    return segments(t("liveness.way"), [["video", t("liveness.video")], ["picture", t("liveness.picture")]], "video", choose);
  }
  function choose(way) {
    view.dispatchEvent(new CustomEvent("leave"));
    waiting();
    fill(place, way === "video" ? withVideo(view, judge) : withPicture(judge, waiting));
  }
  choose("video");
  return view;
}

function withPicture(judge, waiting) {
  const picture = probe({
    label: t("liveness.dropPicture"),
    changed: (file) => (file ? judge(() => detectLiveFace({ image_file: file })) : waiting()),
  });
  return card(picture.element);
}

function withVideo(view, judge) {
  const chosen = [1];
  let stream = null;
  let left = false;
  view.addEventListener("leave", () => {
    left = true;
    closeCamera(stream);
  });
  const list = h("ol", { class: "chosen" });
  const stage = h("div", { class: "stage" });
  const prompt = h("p", { class: "prompt", role: "status", "aria-live": "assertive" });
  const draw = () => fill(list, chosen.map((action, at) => h("li", {}, t(ACTIONS[action]), iconButton(t("liveness.removeAction", { name: t(ACTIONS[action]) }), "close", () => remove(at)))));
  const remove = (at) => {
    chosen.splice(at, 1);
    draw();
  };
  const add = (action) => {
    if (chosen.length < MOST_ACTIONS) chosen.push(action);
    draw();
  };
  const adds = Object.entries(ACTIONS).map(([action, text]) => button(t(text), { icon: "plus", onclick: () => add(Number(action)) }));
  const send = (file, times) => {
    const form = { actions: chosen.join(","), video_file: file };
    return judge(() => detectLive(times ? { actions: form.actions, action_time: times, video_file: file } : form));
  };
  const ready = () => {
    if (chosen.length) return true;
    failed(new Error(t("liveness.needAction")));
    return false;
  };
  const start = button(t("liveness.start"), { kind: "primary", icon: "camera", onclick: () => begin().catch(failed) });
  const begin = async () => {
    if (!ready()) return;
    stream = await openCamera();
    if (left) return closeCamera(stream);
    const video = liveView(stream);
    fill(stage, video, prompt, shoot);
    shoot.focus();
  };
  const shoot = button(t("liveness.record"), {
    kind: "primary",
    icon: "video",
    onclick: async () => {
      if (!ready()) return;
      const actions = [...chosen];
      try {
        const file = await busy(shoot, () => record(stream, actions, (action) => (prompt.textContent = action === null ? "" : t(ACTIONS[action]))));
        await send(file, actionTimes(actions));
      } catch (error) {
        failed(error);
      }
    },
  });
  draw();
  fill(stage, start);
  return card(
    h("h2", {}, t("liveness.actions")),
    h("p", { class: "hint" }, t("liveness.actionsHint", { seconds: SECONDS_EACH })),
    list,
    h("div", { class: "row wrap" }, adds),
    stage,
    h("details", {}, h("summary", {}, t("liveness.upload")), pictureInput({ label: t("liveness.dropVideo"), camera: false, compact: true, accept: VIDEOS, chosen: ([file]) => ready() && send(file) })),
  );
}
