/* How often strangers reach a similarity: what the model pack's calibration says. */

import { number, t } from "./i18n.js";
import { session } from "./session.js";

/**
 * The false match rate at a similarity; null where nothing is known about it.
 *
 * The calibration lists [similarity, rate], rising in similarity. Between two points the logarithm
 * of the rate is taken to lie on a straight line; past the last one, only that it is less.
 */
export function falseMatchRate(similarity, calibration = session.service?.calibration ?? []) {
  const points = calibration.filter(([, rate]) => rate > 0);
  if (points.length === 0 || similarity < points[0][0]) return null;
  const above = points.findIndex(([at]) => at >= similarity);
  if (above < 0) return { rate: points.at(-1)[1], fewer: similarity > points.at(-1)[0] };
  const [high, rare] = points[above];
  if (above === 0 || high === similarity) return { rate: rare, fewer: false };
  const [low, often] = points[above - 1];
  const part = (similarity - low) / (high - low);
  return { rate: Math.exp(Math.log(often) * (1 - part) + Math.log(rare) * part), fewer: false };
}

/** The rate in words: "1 in 10,000 strangers"; empty where nothing is known. */
export function rateInWords(similarity) {
  const found = falseMatchRate(similarity);
  if (found === null) return session.service?.calibration?.length ? t("rate.common") : "";
  const n = 1 / found.rate;
  const magnitude = 10 ** Math.max(0, Math.floor(Math.log10(n)) - 1);
  const text = number(Math.round(n / magnitude) * magnitude);
  return found.fewer ? t("rate.fewer", { n: text }) : t("rate.oneIn", { n: text });
}
