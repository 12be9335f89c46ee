/* A box for a filter of the service's grammar, with the place of an error shown under it. */

import { fill, freshId, h } from "../dom.js";
import { queryFaces } from "../frs.js";
import { count, t } from "../i18n.js";
import { textInput } from "./field.js";

const PAUSE_MS = 250;

/**
 * A filter box. `edited` is called as the text changes, and `changed` with it once it is known to be
 * right, or where the service cannot check it. `example` is shown while it is empty.
 */
export function filterInput({ set, label, value = "", edited = () => {}, changed, example }) {
  const id = freshId("filter");
  const input = textInput({ id, placeholder: example, "aria-describedby": `${id}-state`, class: "mono", maxlength: 4096 });
  input.value = value;
  const state = h("div", { id: `${id}-state`, class: "filter-state", role: "status" });
  let timer = null;
  let asked = null;

  const check = async () => {
    const text = input.value.trim();
    asked?.abort();
    asked = new AbortController();
    if (text === "") {
      calm();
      await changed("");
      return;
    }
    try {
      const { total } = await queryFaces(set(), { filter: text, limit: 1 }, asked.signal);
      calm(count("filter.matches", total));
      await changed(text);
    } catch (error) {
      if (error.name === "AbortError") return;
      if (error.isMissing) {
        calm(t("filter.unchecked"));
        await changed(text);
      } else {
        refuse(text, error);
      }
    }
  };
  const calm = (text = "") => {
    input.removeAttribute("aria-invalid");
    fill(state, text);
  };
  const refuse = (text, error) => {
    input.setAttribute("aria-invalid", "true");
    const at = error.position ?? placeOfField(text, error);
    fill(
      state,
      at === null ? null : h("pre", { class: "caret", "aria-hidden": "true" }, `${text}\n${" ".repeat(at)}^`),
      h("span", {}, at === null ? error.message : t("filter.at", { position: at + 1, reason: reasonOf(error) })),
    );
  };
  input.addEventListener("input", () => {
    edited();
    clearTimeout(timer);
    timer = setTimeout(check, PAUSE_MS);
  });
  input.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    clearTimeout(timer);
    check();
  });
  const element = h("div", { class: "field filter" }, h("label", { for: id }, label), input, state);
  return { element, input, check };
}

/** Why the filter is wrong, without the place, which is shown by itself. */
function reasonOf({ message }) {
  return message.replace(/^.*\bfilter: /, "").replace(/,? at position \d+\.?$/, "");
}

/** Where a field that is not defined stands in the filter; null where that cannot be told. */
function placeOfField(text, error) {
  if (error.code !== "FRS.0402") return null;
  const name = error.message.match(/[A-Za-z0-9_-]+(?= is not exist)/)?.[0];
  const at = name === undefined ? -1 : text.search(new RegExp(`${name}\\s*:`));
  return at < 0 ? null : at;
}

/** An example of a filter over those fields. */
export function exampleFilter(definitions) {
  const [first] = Object.entries(definitions);
  if (first === undefined) return "external_image_id:alice";
  const [name, { type }] = first;
  if (type === "boolean") return `${name}:true`;
  return type === "string" ? `${name}:value` : `${name}:[1 TO 5]`;
}
