/* Buttons, links that look like them, and the busy state of both. */

import { h } from "../dom.js";
import { icon } from "./icons.js";

/** A button with text and perhaps an icon. `kind`: primary, plain, quiet or danger. */
export function button(text, { kind = "plain", icon: name, onclick, type = "button", ...rest } = {}) {
  return h("button", { type, class: `button ${kind}`, onclick, ...rest }, name ? icon(name) : null, h("span", {}, text));
}

/** A button of an icon alone; the text is its name for screen readers and its tooltip. */
export function iconButton(text, name, onclick, extra = {}) {
  return h("button", { type: "button", class: "icon-button", title: text, "aria-label": text, onclick, ...extra }, icon(name));
}

export function linkButton(text, href, { kind = "plain", icon: name, ...rest } = {}) {
  return h("a", { href, class: `button ${kind}`, ...rest }, name ? icon(name) : null, h("span", {}, text));
}

/** Runs the work with the button switched off and marked as busy. */
export async function busy(element, work) {
  element.disabled = true;
  element.setAttribute("aria-busy", "true");
  try {
    return await work();
  } finally {
    element.disabled = false;
    element.removeAttribute("aria-busy");
  }
}
