/* The service's refusals in the user's words; the service's own text stands where we have none. */

import { t } from "./i18n.js";

const TEXTS = {
  "FRS.0013": "refusal.dimensions",
  "FRS.0016": "refusal.format",
  "FRS.0017": "refusal.size",
  "FRS.0028": "refusal.project",
  "FRS.0033": "refusal.busy",
  "FRS.0301": "refusal.setExists",
  "FRS.0302": "refusal.setMissing",
  "FRS.0303": "refusal.faceMissing",
  "FRS.0304": "refusal.noFace",
  "FRS.0306": "refusal.setFull",
  "FRS.0403": "refusal.faceMissing",
  "FRS.0404": "refusal.noFace",
  "FRS.0407": "refusal.noMatch",
  "FRS.0501": "refusal.noFace",
  "FRS.0707": "refusal.noFace",
  "APIG.0308": "refusal.busy",
};

/** One or two sentences: what it means, and what the service said. */
export function explain(failure) {
  if (failure.status === undefined) return failure.message;
  if (failure.status === 0) return t("refusal.unreachable");
  const own = failure.code ? `${failure.code} ${failure.message}` : failure.message;
  const key = TEXTS[failure.code];
  return key ? `${t(key)} (${own})` : own;
}
