/* What can be measured of a face, in words. Codes and keys are those of face-detect. */

import { number, t } from "./i18n.js";

export const ATTRIBUTES = [
  [2, "age", "attribute.age"],
  [1, "gender", "attribute.gender"],
  [12, "quality", "attribute.quality"],
  [0, "headpose", "attribute.headpose"],
  [3, "landmark", "attribute.landmark"],
  [5, "smile", "attribute.smile"],
  [21, "face_angle", "attribute.faceAngle"],
  [4, "dress", "attribute.dress"],
  [6, "mask", "attribute.mask"],
  [7, "hair", "attribute.hair"],
  [8, "beard", "attribute.beard"],
  [11, "phototype", "attribute.phototype"],
  [13, "expression", "attribute.expression"],
];

const WORDS = {
  yes: "value.yes",
  none: "value.none",
  unknown: "value.unknown",
  male: "value.male",
  female: "value.female",
  dark: "value.dark",
  long: "value.long",
  short: "value.short",
};

const word = (value) => (value in WORDS ? t(WORDS[value]) : String(value));

const QUALITY = {
  total_score: "gate.total",
  blur: "gate.blur",
  pose: "gate.pose",
  occlusion: "gate.occlusion",
  illumination: "gate.illumination",
};

/** The codes that an installed pack measures; all of them where the service does not say. */
export function measuredCodes(service) {
  const packs = (service?.packs ?? []).filter(({ installed }) => installed);
  const codes = new Set(packs.flatMap((pack) => pack.attributes ?? []).map(Number));
  return codes.size ? codes : new Set(ATTRIBUTES.map(([code]) => code));
}

/** A face's attributes as [name, value] in words; contours are drawn instead. */
export function inWords(attributes) {
  const lines = [];
  for (const [, key, text] of ATTRIBUTES) {
    const value = attributes[key];
    if (value === undefined || key === "landmark") continue;
    lines.push(...(SPECIAL[key]?.(value) ?? [[t(text), word(value)]]));
  }
  return lines;
}

const SPECIAL = {
  age: (value) => [[t("attribute.age"), t("value.years", { n: value })]],
  face_angle: (value) => [[t("attribute.faceAngle"), `${value}°`]],
  headpose: ({ yaw_angle, pitch_angle, roll_angle }) => [
    [t("attribute.yaw"), `${number(yaw_angle, 1)}°`],
    [t("attribute.pitch"), `${number(pitch_angle, 1)}°`],
    [t("attribute.roll"), `${number(roll_angle, 1)}°`],
  ],
  dress: ({ glass, hat }) => [
    [t("attribute.glasses"), word(glass)],
    [t("attribute.hat"), word(hat)],
  ],
  expression: ({ type, probability }) => [[t("attribute.expression"), `${word(type)} (${number(probability, 2)})`]],
  quality: (quality) => Object.entries(QUALITY).map(([name, text]) => [t(text), number(quality[name], 2)]),
};

/** All the points of a face's contours. */
export function contourPoints(attributes) {
  return Object.values(attributes?.landmark ?? {}).flatMap((contour) => contour.point ?? []);
}
