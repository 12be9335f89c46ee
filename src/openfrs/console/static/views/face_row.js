/* One face in the table: shown, edited in place, deleted. */

import { h } from "../dom.js";
import { deleteFace, updateFace } from "../frs.js";
import { t } from "../i18n.js";
import { forgetPortrait, portrait } from "../portraits.js";
import { address } from "../router.js";
import { busy, button, iconButton } from "../ui/button.js";
import { confirmDialog } from "../ui/dialog.js";
import { valueInput, valueOf } from "../ui/external_fields.js";
import { textInput } from "../ui/field.js";
import { icon } from "../ui/icons.js";
import { done, failed } from "../ui/toast.js";

export function faceRow(faceSet, face, reload) {
  const row = h("tr", {});
  show(row, faceSet, face, reload);
  return row;
}

const boxText = ({ width, height, top_left_x, top_left_y }) => `${width}×${height} @ ${top_left_x},${top_left_y}`;

function show(row, faceSet, face, reload) {
  const set = faceSet.face_set_name;
  const name = face.external_image_id;
  const fields = Object.keys(faceSet.external_fields);
  const values = fields.map((field) => face.external_fields[field]);
  row.className = "";
  row.replaceChildren(
    h("td", {}, portrait(faceSet, face)),
    h("th", { scope: "row" }, name),
    h("td", { class: "mono" }, face.face_id),
    ...values.map((value) => h("td", {}, value === undefined ? h("span", { class: "muted" }, "–") : String(value))),
    h("td", { class: "mono muted" }, boxText(face.bounding_box)),
    h(
      "td",
      { class: "actions" },
      h("div", { class: "row" },
        h("a", { class: "icon-button", href: address(["search", set], { face: face.face_id }), title: t("faces.searchNamed", { name }), "aria-label": t("faces.searchNamed", { name }) }, icon("search")),
        iconButton(t("faces.editNamed", { name }), "edit", () => edit(row, faceSet, face, reload)),
        iconButton(t("faces.deleteNamed", { name }), "trash", () => askToDelete(set, face, reload)),
      ),
    ),
  );
}

function edit(row, faceSet, face, reload) {
  const name = face.external_image_id;
  const back = () => {
    show(row, faceSet, face, reload);
    row.querySelectorAll("button")[0].focus();
  };
  const id = textInput({ "aria-label": t("faces.imageId"), maxlength: 36 });
  id.value = name;
  const inputs = Object.entries(faceSet.external_fields).map(([field, { type }]) => [field, type, valueInput(type, face.external_fields[field], { "aria-label": field })]);
  const save = button(t("common.save"), { kind: "primary", onclick: () => store() });
  const store = async () => {
    try {
      const change = changes(face, id.value.trim(), inputs);
      if (change === null) return back();
      await busy(save, () => updateFace(faceSet.face_set_name, { face_id: face.face_id, ...change }));
      Object.assign(face, { ...face, external_image_id: change.external_image_id ?? name, external_fields: { ...face.external_fields, ...change.external_fields } });
      back();
      done(t("faces.saved", { name: face.external_image_id }));
    } catch (error) {
      failed(error);
    }
  };
  row.className = "editing";
  row.replaceChildren(
    h("td", {}, portrait(faceSet, face)),
    h("td", {}, id),
    h("td", { class: "mono" }, face.face_id),
    ...inputs.map(([, , input]) => h("td", {}, input)),
    h("td", { class: "mono muted" }, boxText(face.bounding_box)),
    h("td", { class: "actions" }, h("div", { class: "row" }, save, button(t("common.cancel"), { onclick: back }))),
  );
  row.onkeydown = (event) => {
    if (!row.classList.contains("editing")) return;
    if (event.key === "Enter" && event.target.tagName === "INPUT") store();
    if (event.key === "Escape") back();
  };
  id.focus();
  id.select();
}

/** What the update operation has to be told; null where nothing has changed. Throws for a misfit. */
function changes(face, imageId, inputs) {
  const change = {};
  if (imageId === "") throw new Error(t("faces.needsImageId"));
  if (imageId !== face.external_image_id) change.external_image_id = imageId;
  const fields = {};
  for (const [field, type, input] of inputs) {
    const before = face.external_fields[field];
    const value = valueOf(field, type, input.value);
    if (value === before) continue;
    if (value === undefined) throw new Error(t("faces.cannotClear", { name: field }));
    fields[field] = value;
  }
  if (Object.keys(fields).length) change.external_fields = fields;
  return Object.keys(change).length ? change : null;
}

function askToDelete(set, face, reload) {
  const name = face.external_image_id;
  confirmDialog({
    title: t("faces.deleteNamed", { name }),
    text: t("faces.deleteText"),
    action: t("faces.delete"),
    submit: async () => {
      await deleteFace(set, face.face_id);
      forgetPortrait(set, face.face_id);
      done(t("faces.deleted", { name }));
      await reload();
    },
  });
}
