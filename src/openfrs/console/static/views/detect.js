/* Every face in a picture, with what can be measured of it. */

import { ATTRIBUTES, contourPoints, inWords, measuredCodes } from "../attributes.js";
import { fill, h } from "../dom.js";
import { detectFaces } from "../frs.js";
import { count, t } from "../i18n.js";
import { session } from "../session.js";
import { checkbox } from "../ui/field.js";
import { card, page } from "../ui/page.js";
import { probe } from "../ui/probe.js";
import { empty, failure, skeleton } from "../ui/states.js";

const USUAL = new Set([0, 1, 2, 3, 5, 12]);

export function detectView() {
  const measured = measuredCodes(session.service);
  const boxes = ATTRIBUTES.map(([code, , text]) => [
    code,
    checkbox(t(text), { checked: measured.has(code) && USUAL.has(code), disabled: !measured.has(code), onchange: () => run() }),
  ]);
  const found = h("section", { class: "stack", "aria-live": "polite", "aria-label": t("detect.faces") });
  let latest = 0;
  const run = async () => {
    const { file } = picture;
    const turn = (latest += 1);
    if (!file) {
      fill(found, empty("detect", t("detect.waiting"), t("detect.waitingText")));
      return;
    }
    fill(found, skeleton(4));
    const codes = boxes.filter(([, { input }]) => input.checked).map(([code]) => code);
    try {
      const { faces } = await detectFaces(codes.length ? { attributes: codes.join(","), image_file: file } : { image_file: file });
      if (turn !== latest) return;
      picture.mark({ boxes: faces.map((face) => face.bounding_box), points: faces.flatMap((face) => contourPoints(face.attributes)) });
      fill(found, faces.length ? list(faces) : empty("detect", t("detect.none"), t("detect.noneText")));
    } catch (error) {
      if (turn === latest) fill(found, failure(error));
    }
  };
  const picture = probe({ label: t("detect.drop"), changed: run });
  run();
  const choice = h("fieldset", { class: "ticks" }, h("legend", {}, t("detect.attributes")), boxes.map(([, { element }]) => element));
  const hint = measured.size < ATTRIBUTES.length ? h("p", { class: "hint" }, t("detect.unmeasured")) : null;
  return page({
    title: t("detect.title"),
    lead: t("detect.lead"),
    wide: true,
    content: h("div", { class: "columns even" }, h("div", { class: "stack" }, card(picture.element), card(choice, hint)), found),
  });
}

function list(faces) {
  return [
    h("h2", {}, count("detect.found", faces.length)),
    h("ol", { class: "faces" }, faces.map((face, at) => faceCard(face, at + 1))),
  ];
}

function faceCard(face, at) {
  const { width, height, top_left_x, top_left_y } = face.bounding_box;
  const lines = inWords(face.attributes ?? {});
  return h(
    "li",
    { class: "card" },
    h("h3", {}, h("span", { class: "badge" }, String(at)), t("detect.face", { n: at })),
    h("p", { class: "mono muted" }, `${width}×${height} @ ${top_left_x},${top_left_y}`),
    h("dl", { class: "facts" }, lines.map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value)))),
  );
}
