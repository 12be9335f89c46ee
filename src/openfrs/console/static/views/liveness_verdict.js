/* What a liveness check has found. */

import { h } from "../dom.js";
import { number, t } from "../i18n.js";
import { icon } from "../ui/icons.js";
import { card } from "../ui/page.js";
import { remark } from "../ui/states.js";
import { ACTIONS } from "./liveness.js";

const WARNINGS = {
  1: "warning.forward",
  2: "warning.short",
  3: "warning.long",
  4: "warning.twoFaces",
  5: "warning.noFace",
  6: "warning.smallMotion",
  7: "warning.notReal",
  8: "warning.noPicture",
  101: "warning.quality",
  102: "warning.blurred",
  103: "warning.angle",
  104: "warning.blocked",
  105: "warning.dark",
  106: "warning.severalFaces",
};

/** The answer of live-detect or live-detect-face as a card. */
export function verdict(answer) {
  const result = answer["video-result"] ?? answer.result;
  const warnings = answer["warning-list"] ?? [];
  const actions = (result.actions ?? []).map(({ action, confidence }) => [t(ACTIONS[action]), confidence]);
  const scores = result.confidence === undefined ? actions : [[t("liveness.confidence"), result.confidence]];
  return [
    card(
      h("div", { class: result.alive ? "alive" : "alive not" }, icon(result.alive ? "check" : "alert"), h("h2", {}, t(result.alive ? "liveness.alive" : "liveness.notAlive"))),
      h("dl", { class: "facts" }, scores.map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, number(value, 3))))),
      result.picture ? h("img", { class: "evidence", src: `data:image/jpeg;base64,${result.picture}`, alt: t("liveness.evidence") }) : null,
    ),
    warnings.map(({ warningCode, warningMsg }) => remark(warningCode in WARNINGS ? t(WARNINGS[warningCode]) : warningMsg)),
  ];
}
