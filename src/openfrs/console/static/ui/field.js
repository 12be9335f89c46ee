/* Labelled inputs. */

import { freshId, h } from "../dom.js";

/** An input under its label, with a hint below it. */
export function field(label, input, hint) {
  const id = input.id || freshId("field");
  input.id = id;
  const below = hint ? h("p", { class: "hint", id: `${id}-hint` }, hint) : null;
  if (hint) input.setAttribute("aria-describedby", `${id}-hint`);
  return h("div", { class: "field" }, h("label", { for: id }, label), input, below);
}

export function textInput(properties = {}) {
  return h("input", { type: "text", autocomplete: "off", spellcheck: "false", ...properties });
}

/** A list of choices: `[[value, text], …]`. */
export function select(choices, chosen, properties = {}) {
  const options = choices.map(([value, text]) => h("option", { value, selected: value === chosen }, text));
  return h("select", properties, options);
}

/** A box to tick, with its text beside it. */
export function checkbox(text, { checked = false, ...properties } = {}) {
  const input = h("input", { type: "checkbox", checked, ...properties });
  return { input, element: h("label", { class: "check" }, input, h("span", {}, text)) };
}

/** Buttons of which one is pressed: `[[value, text], …]`. */
export function segments(label, choices, chosen, onchange) {
  const name = freshId("segment");
  return h(
    "div",
    { class: "segments", role: "radiogroup", "aria-label": label },
    choices.map(([value, text]) => {
      const input = h("input", { type: "radio", name, value, checked: value === chosen, onchange: () => onchange(value) });
      return h("label", {}, input, h("span", {}, text));
    }),
  );
}
