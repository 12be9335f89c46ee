/* The dialog that makes a face set: name, capacity, typed fields, quality gate. */

import { h } from "../dom.js";
import { createFaceSet } from "../frs.js";
import { t } from "../i18n.js";
import { address } from "../router.js";
import { hasFeature } from "../session.js";
import { button, iconButton } from "../ui/button.js";
import { formDialog } from "../ui/dialog.js";
import { FIELD_TYPES } from "../ui/external_fields.js";
import { checkbox, field, select, textInput } from "../ui/field.js";
import { done } from "../ui/toast.js";

const MOST_FIELDS = 10;
const DEFAULT_CAPACITY = 100_000;
const STEP = 10_000;

/* Bounds of a quality gate: how they are called, and their least step. */
const GATE = [
  ["total_score", "gate.total", 0.05, 1],
  ["blur", "gate.blur", 0.05, 1],
  ["pose", "gate.pose", 0.05, 1],
  ["occlusion", "gate.occlusion", 0.05, 1],
  ["illumination", "gate.illumination", 0.05, 1],
  ["face_pixels", "gate.pixels", 1, 4096],
];

export function createFaceSetDialog(created) {
  const name = textInput({ required: true, maxlength: 64 });
  const capacity = h("input", { type: "number", min: STEP, step: STEP, value: DEFAULT_CAPACITY });
  const rows = h("div", { class: "stack" });
  const more = button(t("faceSets.addField"), { icon: "plus", onclick: () => addRow(rows, more).focus() });
  const gates = GATE.map(([key, text, step, most]) => [key, h("input", { type: "number", min: 0, max: most, step, placeholder: "–" }), text]);
  const thumbnails = checkbox(t("faceSets.thumbnails"));
  const body = h(
    "div",
    { class: "stack" },
    field(t("faceSets.name"), name, t("faceSets.nameHint")),
    field(t("faceSets.capacity"), capacity, t("faceSets.capacityHint")),
    h("fieldset", {}, h("legend", {}, t("faceSets.fields")), h("p", { class: "hint" }, t("faceSets.fieldsHint")), rows, more),
    h(
      "details",
      {},
      h("summary", {}, t("gate.title")),
      h("p", { class: "hint" }, t("gate.hint")),
      h("div", { class: "grid" }, gates.map(([, input, text]) => field(t(text), input))),
    ),
    hasFeature("thumbnails") ? h("div", {}, thumbnails.element, h("p", { class: "hint" }, t("faceSets.thumbnailsHint"))) : null,
  );
  formDialog({
    title: t("faceSets.create"),
    body,
    action: t("faceSets.createAction"),
    wide: true,
    submit: async () => {
      const wanted = { face_set_name: name.value.trim(), face_set_capacity: Number(capacity.value), external_fields: fieldsOf(rows) };
      const gate = Object.fromEntries(gates.filter(([, input]) => input.value !== "").map(([key, input]) => [key, Number(input.value)]));
      if (Object.keys(gate).length) wanted.quality_gate = gate;
      if (thumbnails.input.checked) wanted.thumbnails = true;
      await createFaceSet(wanted);
      done(t("faceSets.made", { name: wanted.face_set_name }));
      created();
      location.hash = address(["face-sets", wanted.face_set_name]);
    },
  });
}

/** A row for one field; answers the input of its name. */
function addRow(rows, more) {
  const name = textInput({ "aria-label": t("faceSets.fieldName"), placeholder: t("faceSets.fieldName"), maxlength: 36 });
  const type = select(FIELD_TYPES.map((kind) => [kind, kind]), "string", { "aria-label": t("faceSets.fieldType") });
  const full = () => more.toggleAttribute("disabled", rows.children.length >= MOST_FIELDS);
  const remove = iconButton(t("faceSets.removeField"), "trash", () => {
    row.remove();
    full();
    more.focus();
  });
  const row = h("div", { class: "row field-row" }, name, type, remove);
  rows.append(row);
  full();
  return name;
}

function fieldsOf(rows) {
  const pairs = [...rows.children].map((row) => [row.querySelector("input").value.trim(), { type: row.querySelector("select").value }]);
  return Object.fromEntries(pairs.filter(([name]) => name !== ""));
}
