/* Short notes of what has happened, read out by screen readers. */

import { h } from "../dom.js";
import { t } from "../i18n.js";
import { explain } from "../refusals.js";
import { iconButton } from "./button.js";
import { icon } from "./icons.js";

const STAYS_MS = { done: 5000, failed: 12000 };

function toast(kind, text) {
  const note = h("div", { class: `toast ${kind}` }, icon(kind === "done" ? "check" : "alert"), h("p", {}, text));
  const leave = () => note.remove();
  note.append(iconButton(t("common.dismiss"), "close", leave));
  document.getElementById("toasts").append(note);
  setTimeout(leave, STAYS_MS[kind]);
}

export function done(text) {
  toast("done", text);
}

/** Says why something did not work. */
export function failed(failure) {
  if (failure.name !== "AbortError") toast("failed", explain(failure));
}
