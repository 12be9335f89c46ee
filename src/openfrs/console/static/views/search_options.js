/* What a search may be told besides its picture. */

import { h } from "../dom.js";
import { number, t } from "../i18n.js";
import { rateInWords } from "../rates.js";
import { USUAL_THRESHOLD } from "../session.js";
import { isNumber } from "../ui/external_fields.js";
import { checkbox, field, select } from "../ui/field.js";
import { exampleFilter, filterInput } from "../ui/filter_input.js";

const DEFAULT_TOP_N = 10;

/** The inputs, and their values as the search operation takes them. */
export function searchOptions(faceSet) {
  const slider = thresholdSlider();
  const top = h("input", { type: "number", min: 1, max: 1000, value: DEFAULT_TOP_N });
  const definitions = Object.entries(faceSet.external_fields);
  const filter = filterInput({ set: () => faceSet.face_set_name, label: t("filter.label"), example: exampleFilter(faceSet.external_fields), changed: () => {} });
  const sortable = definitions.filter(([, { type }]) => isNumber(type)).map(([name]) => name);
  const sorts = sortable.flatMap((name) => [
    [`${name} asc`, t("search.ascending", { name })],
    [`${name} desc`, t("search.descending", { name })],
  ]);
  const sort = select([["", t("search.bySimilarity")], ...sorts], "");
  const fields = definitions.map(([name]) => [name, checkbox(name, { checked: true })]);
  return {
    element: h(
      "div",
      { class: "stack" },
      slider.element,
      field(t("search.topN"), top),
      filter.element,
      sorts.length ? field(t("search.sort"), sort) : null,
      fields.length ? h("fieldset", { class: "ticks" }, h("legend", {}, t("search.returnFields")), fields.map(([, { element }]) => element)) : null,
    ),
    threshold: slider.value,
    values: () => {
      const values = { top_n: Number(top.value) || DEFAULT_TOP_N, threshold: slider.value() };
      if (filter.input.value.trim()) values.filter = filter.input.value.trim();
      if (sort.value) {
        const [name, direction] = sort.value.split(" ");
        values.sort = [{ [name]: direction }];
      }
      const wanted = fields.filter(([, { input }]) => input.checked).map(([name]) => name);
      if (wanted.length) values.return_fields = wanted;
      return values;
    },
  };
}

/** A slider for the least similarity, which says how often strangers reach it. */
function thresholdSlider() {
  const input = h("input", { type: "range", min: 0, max: 1, step: 0.01, value: USUAL_THRESHOLD });
  const shown = h("output", {});
  const rate = h("p", { class: "hint" });
  const tell = () => {
    const value = Number(input.value);
    shown.textContent = number(value, 2);
    const words = rateInWords(value);
    rate.textContent = words ? t("rate.reach", { rate: words }) : "";
    input.setAttribute("aria-valuetext", [shown.textContent, rate.textContent].join(". "));
  };
  input.addEventListener("input", tell);
  const element = field(t("search.threshold"), input);
  element.querySelector("label").append(shown);
  element.append(rate);
  tell();
  return { element, value: () => Number(input.value) };
}
