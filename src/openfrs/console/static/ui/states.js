/* What a view shows when there is nothing yet, nothing at all, or something went wrong. */

import { h } from "../dom.js";
import { t } from "../i18n.js";
import { explain } from "../refusals.js";
import { button } from "./button.js";
import { icon } from "./icons.js";

/** Grey bars in place of what is on its way. */
export function skeleton(lines = 4) {
  const bars = Array.from({ length: lines }, () => h("div", { class: "bar" }));
  return h("div", { class: "skeleton", role: "status" }, h("span", { class: "unseen" }, t("common.loading")), bars);
}

/** What is missing here, and what to do next. */
export function empty(name, title, text, ...actions) {
  return h("div", { class: "empty" }, h("div", { class: "empty-icon" }, icon(name)), h("h2", {}, title), h("p", {}, text), actions);
}

/** Why it did not work, with a second try where that may help. */
export function failure(error, again) {
  return h(
    "div",
    { class: "note failed", role: "alert" },
    icon("alert"),
    h("p", {}, explain(error)),
    again ? button(t("common.again"), { onclick: again }) : null,
  );
}

/** A remark that is no failure. */
export function remark(text, kind = "info") {
  return h("div", { class: `note ${kind}` }, icon(kind === "done" ? "check" : "alert"), h("p", {}, text));
}
