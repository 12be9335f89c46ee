/* How full something is. */

import { h } from "../dom.js";
import { number, t } from "../i18n.js";

/** A bar of `value` out of `most`, with the numbers beside it. */
export function gauge(label, value, most) {
  const part = most > 0 ? Math.min(1, value / most) : 0;
  const level = part > 0.9 ? "high" : part > 0.75 ? "raised" : "usual";
  const shown = value > 0 ? Math.max(part * 100, 1) : 0;
  return h(
    "div",
    { class: `gauge ${level}` },
    h(
      "div",
      { class: "track", role: "meter", "aria-label": label, "aria-valuemin": 0, "aria-valuemax": most, "aria-valuenow": value },
      h("div", { class: "fill", style: { width: `${shown}%` } }),
    ),
    h("span", {}, t("gauge.of", { value: number(value), most: number(most) })),
  );
}
