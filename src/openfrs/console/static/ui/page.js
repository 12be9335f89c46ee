/* The head of a view, and its parts that load. */

import { fill, h } from "../dom.js";
import { failure, skeleton } from "./states.js";

/** A view's element: title, a line about it, what can be done, and its content. */
export function page({ title, lead, back, actions = [], content = [], wide = false }) {
  return h(
    "div",
    { class: wide ? "view wide" : "view" },
    h(
      "header",
      { class: "view-head" },
      h("div", {}, back ?? null, h("h1", {}, title), lead ? h("p", { class: "lead" }, lead) : null),
      h("div", { class: "row" }, actions),
    ),
    content,
  );
}

export function card(...children) {
  return h("section", { class: "card" }, children);
}

const latest = new WeakMap();

/**
 * Fills the place with what the work answers; shows bars meanwhile, and a reason where it fails. Of
 * several works for one place, the last one begun is shown.
 */
export async function load(place, work) {
  const turn = {};
  latest.set(place, turn);
  fill(place, skeleton());
  let shown;
  try {
    shown = await work();
  } catch (error) {
    shown = failure(error, () => load(place, work));
  }
  if (latest.get(place) === turn) fill(place, shown);
}
