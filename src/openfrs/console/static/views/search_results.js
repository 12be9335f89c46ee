/* What a search has found, as cards. */

import { h } from "../dom.js";
import { count, number, t } from "../i18n.js";
import { portrait } from "../portraits.js";
import { rateInWords } from "../rates.js";
import { address } from "../router.js";
import { USUAL_THRESHOLD } from "../session.js";
import { linkButton } from "../ui/button.js";
import { valueChips } from "../ui/external_fields.js";
import { empty } from "../ui/states.js";

export function results(faceSet, faces, threshold) {
  if (faces.length === 0) return empty("search", t("search.nobody"), t("search.nobodyText", { threshold: number(threshold, 2) }));
  return [
    h("div", { role: "status" }, h("h2", {}, count("search.found", faces.length))),
    h("ul", { class: "hits" }, faces.map((face) => hit(faceSet, face))),
  ];
}

function hit(faceSet, face) {
  const set = faceSet.face_set_name;
  const name = face.external_image_id;
  return h(
    "li",
    { class: "card hit" },
    portrait(faceSet, face),
    h(
      "div",
      { class: "hit-text" },
      h("h3", {}, name),
      h("p", { class: "mono muted" }, face.face_id),
      valueChips(face.external_fields),
      h(
        "div",
        { class: "row" },
        linkButton(t("search.showFace"), address(["face-sets", set], { filter: `external_image_id:${name}` }), { kind: "quiet", "aria-label": t("search.showNamed", { name }) }),
        linkButton(t("search.similar"), address(["search", set], { face: face.face_id }), { kind: "quiet", "aria-label": t("faces.searchNamed", { name }) }),
      ),
    ),
    similarity(face.similarity),
  );
}

/** A similarity as number and bar, and how often strangers reach it. */
export function similarity(value) {
  const level = value >= USUAL_THRESHOLD ? "likely" : value >= 0.78 ? "open" : "unlikely";
  const text = { likely: "similarity.likely", open: "similarity.open", unlikely: "similarity.unlikely" }[level];
  return h(
    "div",
    { class: `similarity ${level}` },
    h("b", {}, number(value, 4)),
    h("div", { class: "track", role: "meter", "aria-label": t("similarity.label"), "aria-valuemin": 0, "aria-valuemax": 1, "aria-valuenow": value }, h("div", { class: "fill", style: { width: `${value * 100}%` } })),
    h("span", { class: "verdict" }, t(text)),
    h("span", { class: "muted small" }, rateInWords(value)),
  );
}
