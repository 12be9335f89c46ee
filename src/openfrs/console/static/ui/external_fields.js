/* Inputs for a face's typed fields, and their values back. */

import { h } from "../dom.js";
import { wholeNumber } from "../exact_json.js";
import { t } from "../i18n.js";
import { select, textInput } from "./field.js";

export const FIELD_TYPES = ["string", "integer", "long", "float", "double", "boolean"];

const NUMBERS = new Set(["integer", "long", "float", "double"]);
const WHOLE = new Set(["integer", "long"]);

export const isNumber = (type) => NUMBERS.has(type);

/** An input that takes values of that type; empty stands for no value. */
export function valueInput(type, value, properties = {}) {
  const text = value === undefined ? "" : String(value);
  if (type === "boolean") {
    return select([["", "–"], ["true", t("common.yes")], ["false", t("common.no")]], text, properties);
  }
  const mode = NUMBERS.has(type) ? { inputmode: WHOLE.has(type) ? "numeric" : "decimal" } : { maxlength: 256 };
  const input = textInput({ ...mode, ...properties });
  input.value = text;
  return input;
}

/** The value of an input as the wire wants it; undefined for none. Throws where it does not fit. */
export function valueOf(name, type, text) {
  const trimmed = text.trim();
  if (trimmed === "") return undefined;
  if (type === "boolean") return trimmed === "true";
  if (!NUMBERS.has(type)) return trimmed;
  const value = WHOLE.has(type) ? wholeNumber(trimmed) : Number(trimmed);
  if (typeof value === "number" && !Number.isFinite(value)) {
    throw new Error(t("fields.notANumber", { name, type }));
  }
  return value;
}

/** The values of inputs by name, without those that are empty. */
export function valuesOf(definitions, inputs) {
  const values = {};
  for (const [name, { type }] of Object.entries(definitions)) {
    const value = valueOf(name, type, inputs[name].value);
    if (value !== undefined) values[name] = value;
  }
  return values;
}

/** A face's values as small labels. */
export function valueChips(values) {
  const entries = Object.entries(values ?? {});
  if (entries.length === 0) return null;
  return h("ul", { class: "chips" }, entries.map(([name, value]) => h("li", {}, h("b", {}, name), String(value))));
}
