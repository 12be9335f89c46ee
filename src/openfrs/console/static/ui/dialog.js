/* Modal dialogs: the browser's own element keeps the focus inside and gives it back at the end. */

import { freshId, h } from "../dom.js";
import { t } from "../i18n.js";
import { button, busy, iconButton } from "./button.js";
import { failure } from "./states.js";

/**
 * Shows a dialog around a form. `submit` does the work; where it throws, the dialog stays and says
 * why. Answers the dialog element.
 */
export function formDialog({ title, body, action, kind = "primary", submit, wide = false }) {
  const id = freshId("dialog");
  const trouble = h("div", {});
  const go = button(action, { kind, type: "submit" });
  const form = h(
    "form",
    { novalidate: true },
    h("header", {}, h("h2", { id }, title), iconButton(t("common.close"), "close", () => dialog.close())),
    h("div", { class: "dialog-body" }, body, trouble),
    h("footer", {}, button(t("common.cancel"), { onclick: () => dialog.close() }), go),
  );
  const dialog = h("dialog", { class: wide ? "dialog wide" : "dialog", "aria-labelledby": id }, form);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    trouble.replaceChildren();
    try {
      await busy(go, submit);
      dialog.close();
    } catch (error) {
      trouble.replaceChildren(failure(error));
    }
  });
  return shown(dialog);
}

/** Asks for consent before something that cannot be undone; `typed` must be typed in first. */
export function confirmDialog({ title, text, action, typed, submit }) {
  const id = freshId("typed");
  const input = h("input", { id, autocomplete: "off", spellcheck: "false" });
  const body = typed
    ? h("div", { class: "stack" }, h("p", {}, text), h("label", { for: id }, t("common.typeToConfirm", { name: typed })), input)
    : h("p", {}, text);
  const dialog = formDialog({ title, body, action, kind: "danger", submit });
  const go = dialog.querySelector("button[type=submit]");
  if (typed) {
    const check = () => go.toggleAttribute("disabled", input.value !== typed);
    input.addEventListener("input", check);
    check();
    input.focus();
  }
  return dialog;
}

/** Shows something to read; closes by its button or Escape. */
export function plainDialog({ title, body }) {
  const id = freshId("dialog");
  const close = () => dialog.close();
  const dialog = h(
    "dialog",
    { class: "dialog", "aria-labelledby": id },
    h("header", {}, h("h2", { id }, title), iconButton(t("common.close"), "close", close)),
    h("div", { class: "dialog-body" }, body),
    h("footer", {}, button(t("common.close"), { kind: "primary", onclick: close })),
  );
  return shown(dialog);
}

function shown(dialog) {
  dialog.addEventListener("close", () => {
    dialog.remove();
    // What opened the dialog may be gone with what was deleted.
    if (document.activeElement === document.body) document.getElementById("main")?.focus();
  });
  document.body.append(dialog);
  dialog.showModal();
  dialog.querySelector("input:not([type=hidden]), select, textarea")?.focus();
  return dialog;
}
