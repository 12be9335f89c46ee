/* The drawer that shows every call as curl and as Python. */

import { calls, forgetCalls, whenCallsChange } from "../calls.js";
import { asCurl, asPython } from "../code.js";
import { fill, h } from "../dom.js";
import { t } from "../i18n.js";
import { session } from "../session.js";
import { button, iconButton } from "./button.js";
import { segments } from "./field.js";
import { empty } from "./states.js";
import { done } from "./toast.js";

/** Opens the drawer; it follows new calls until it is closed. */
export function openRequests() {
  let form = "curl";
  let chosen = calls[0] ?? null;
  const list = h("ul", { class: "calls" });
  const text = h("pre", { class: "code", tabindex: "0", "aria-label": t("requests.code") });
  const place = h("div", { class: "requests" });

  const code = () => (form === "curl" ? asCurl(chosen) : asPython(chosen, location.origin, session.project?.id ?? ""));
  const copy = () =>
    navigator.clipboard.writeText(code()).then(
      () => done(t("common.copied")),
      () => getSelection().selectAllChildren(text),
    );
  const draw = () => {
    if (chosen === null || !calls.includes(chosen)) chosen = calls[0] ?? null;
    if (chosen === null) {
      fill(place, empty("code", t("requests.none"), t("requests.noneText")));
      return;
    }
    fill(list, calls.map((call) => entry(call, call === chosen, () => { chosen = call; draw(); })));
    fill(text, code());
    if (!list.isConnected) fill(place, list, tools, text);
  };
  const tools = h(
    "div",
    { class: "row between" },
    segments(t("requests.form"), [["curl", "curl"], ["python", t("requests.python")]], form, (value) => { form = value; draw(); }),
    h("div", { class: "row" }, button(t("common.copy"), { icon: "copy", onclick: copy }), button(t("requests.clear"), { kind: "quiet", onclick: forgetCalls })),
  );
  const dialog = h(
    "dialog",
    { class: "drawer", "aria-labelledby": "requests-title" },
    h("header", {}, h("h2", { id: "requests-title" }, t("requests.title")), iconButton(t("common.close"), "close", () => dialog.close())),
    h("p", { class: "muted" }, t("requests.lead")),
    place,
  );
  const stop = whenCallsChange(draw);
  dialog.addEventListener("close", () => {
    stop();
    dialog.remove();
  });
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  document.body.append(dialog);
  draw();
  dialog.showModal();
}

function entry(call, pressed, onclick) {
  const status = call.status === null ? "…" : call.status || "–";
  const good = call.status >= 200 && call.status < 400;
  return h(
    "li",
    {},
    h(
      "button",
      { type: "button", "aria-pressed": String(pressed), onclick },
      h("b", {}, call.operation),
      h("span", { class: good || call.status === null ? "status" : "status bad" }, String(status)),
      h("span", { class: "muted" }, call.ms === null ? "" : `${call.ms} ms`),
    ),
  );
}
