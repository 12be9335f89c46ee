/* What the service is made of: the model in use, its calibration, its packs and their licences. */

import { ATTRIBUTES } from "../attributes.js";
import { h } from "../dom.js";
import { showService } from "../frs.js";
import { number, t } from "../i18n.js";
import { session } from "../session.js";
import { icon } from "../ui/icons.js";
import { listTable, orMissing } from "../ui/list_table.js";
import { card, load, page } from "../ui/page.js";
import { rateInWords } from "../rates.js";

export function modelsView() {
  const place = h("div", { class: "stack" });
  load(place, async () => {
    session.service = await showService().catch((error) => orMissing(error, "missing.service"));
    return [about(session.service), calibration(session.service), ...session.service.packs.map(pack)];
  });
  return page({ title: t("models.title"), lead: t("models.lead"), content: place });
}

const facts = (rows) => h("dl", { class: "facts" }, rows.map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value))));

function about({ version, model, dimension, profile, features }) {
  const has = (name) => h("span", { class: features?.[name] ? "yes" : "no" }, features?.[name] ? t("common.yes") : t("common.no"));
  return card(
    h("h2", {}, t("models.service")),
    facts([
      [t("models.version"), version],
      [t("models.model"), h("span", { class: "mono" }, model)],
      [t("models.dimension"), number(dimension)],
      [t("models.profile"), profile],
      [t("models.liveDetect"), has("live_detect")],
      [t("models.liveDetectFace"), has("live_detect_face")],
      [t("models.thumbnails"), has("thumbnails")],
    ]),
  );
}

function calibration({ calibration: points }) {
  if (!points?.length) return null;
  return card(
    h("h2", {}, t("models.calibration")),
    h("p", { class: "hint" }, t("models.calibrationHint")),
    listTable(
      t("models.calibration"),
      [
        [t("similarity.label"), ([similarity]) => number(similarity, 2)],
        [t("models.rate"), ([similarity]) => rateInWords(similarity)],
      ],
      points,
    ),
  );
}

function pack({ name, installed, licence, attributes, files }) {
  const codes = new Map(ATTRIBUTES.map(([code, , text]) => [code, text]));
  const measured = (attributes ?? []).map(Number).filter((code) => codes.has(code));
  return card(
    h("div", { class: "row between" }, h("h2", {}, name), h("span", { class: installed ? "pill on" : "pill" }, installed ? icon("check") : null, installed ? t("models.installed") : t("models.notInstalled"))),
    licence ? h("p", {}, h("b", {}, t("models.licence")), ` ${licence}`) : null,
    installed ? null : h("pre", { class: "code" }, `openfrs models pull ${name}`),
    measured.length ? h("ul", { class: "chips" }, measured.map((code) => h("li", {}, t(codes.get(code))))) : null,
    files?.length
      ? listTable(
          t("models.files", { name }),
          [
            [t("models.file"), (file) => h("span", { class: "mono" }, file.name)],
            [t("models.role"), ({ role }) => role],
            [t("models.licence"), (file) => file.licence],
            [t("models.source"), ({ source }) => h("span", { class: "mono source" }, source)],
          ],
          files,
        )
      : null,
  );
}
