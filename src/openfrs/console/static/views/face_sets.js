/* The project's face sets. */

import { h } from "../dom.js";
import { deleteFaceSet, showAllFaceSets } from "../frs.js";
import { count, moment, t } from "../i18n.js";
import { address } from "../router.js";
import { button, iconButton, linkButton } from "../ui/button.js";
import { confirmDialog } from "../ui/dialog.js";
import { gauge } from "../ui/gauge.js";
import { load, page } from "../ui/page.js";
import { empty } from "../ui/states.js";
import { done } from "../ui/toast.js";
import { createFaceSetDialog } from "./create_face_set.js";

export function faceSetsView() {
  const place = h("div", {});
  const reload = () => load(place, content);
  const create = () => createFaceSetDialog(reload);
  const content = async () => {
    const sets = await showAllFaceSets();
    if (sets.length === 0) {
      return empty("faceSets", t("faceSets.none"), t("faceSets.noneText"), button(t("faceSets.create"), { kind: "primary", icon: "plus", onclick: create }));
    }
    return h("ul", { class: "cards" }, sets.map((set) => setCard(set, reload)));
  };
  reload();
  return page({
    title: t("faceSets.title"),
    lead: t("faceSets.lead"),
    actions: [button(t("faceSets.create"), { kind: "primary", icon: "plus", onclick: create })],
    content: place,
  });
}

function setCard(set, reload) {
  const name = set.face_set_name;
  const fields = Object.entries(set.external_fields);
  return h(
    "li",
    { class: "card set" },
    h(
      "div",
      { class: "row between" },
      h("h2", {}, h("a", { href: address(["face-sets", name]) }, name)),
      iconButton(t("faceSets.deleteNamed", { name }), "trash", () => askToDelete(set, reload)),
    ),
    gauge(t("faceSets.fullness", { name }), set.face_number, set.face_set_capacity),
    fields.length
      ? h("ul", { class: "chips" }, fields.map(([field, { type }]) => h("li", {}, h("b", {}, field), type)))
      : h("p", { class: "muted" }, t("faceSets.noFields")),
    h("p", { class: "muted small" }, t("faceSets.created", { date: moment(set.create_date) })),
    h(
      "div",
      { class: "row" },
      linkButton(t("faceSets.open"), address(["face-sets", name]), { "aria-label": t("faceSets.openNamed", { name }) }),
      linkButton(t("faceSets.add"), address(["face-sets", name, "add"]), { icon: "upload", "aria-label": t("faceSets.addNamed", { name }) }),
      linkButton(t("faceSets.search"), address(["search", name]), { icon: "search", "aria-label": t("faceSets.searchNamed", { name }) }),
    ),
  );
}

function askToDelete(set, reload) {
  const name = set.face_set_name;
  confirmDialog({
    title: t("faceSets.deleteTitle", { name }),
    text: count("faceSets.deleteText", set.face_number),
    action: t("faceSets.delete"),
    typed: name,
    submit: async () => {
      await deleteFaceSet(name);
      done(t("faceSets.deleted", { name }));
      await reload();
    },
  });
}
