/* The faces of a set: a table with paging, filter, editing in place and deletion. */

import { fill, h } from "../dom.js";
import { batchDeleteFaces, queryFaces, showFaceSet, showFaceSetOptions, showFaces } from "../frs.js";
import { count, t } from "../i18n.js";
import { address } from "../router.js";
import { button, linkButton } from "../ui/button.js";
import { confirmDialog } from "../ui/dialog.js";
import { select } from "../ui/field.js";
import { exampleFilter, filterInput } from "../ui/filter_input.js";
import { gauge } from "../ui/gauge.js";
import { icon } from "../ui/icons.js";
import { load, page } from "../ui/page.js";
import { empty, failure, remark, skeleton } from "../ui/states.js";
import { done } from "../ui/toast.js";
import { faceRow } from "./face_row.js";

const PAGE_SIZES = [25, 50, 100];

export function facesView(name, query) {
  const place = h("div", { class: "stack" });
  load(place, async () => {
    const [faceSet, options] = await Promise.all([showFaceSet(name), optionsOf(name)]);
    return [kept(options), table(faceSet, query.get("filter") ?? "")];
  });
  return page({
    title: name,
    back: h("a", { class: "back", href: address(["face-sets"]) }, icon("back"), t("faceSets.title")),
    actions: [
      linkButton(t("faceSets.search"), address(["search", name]), { icon: "search" }),
      linkButton(t("faceSets.add"), address(["face-sets", name, "add"]), { kind: "primary", icon: "upload" }),
    ],
    content: place,
    wide: true,
  });
}

/** What the set was told beyond FRS; nothing from a service that is older than the console. */
async function optionsOf(name) {
  try {
    return await showFaceSetOptions(name);
  } catch (error) {
    if (!error.isMissing) throw error;
    return {};
  }
}

/** What is kept of its faces besides, and for how long; nothing where that is as usual. */
function kept({ retention_days, thumbnails }) {
  const texts = [retention_days ? count("faces.retention", retention_days) : "", thumbnails ? t("faces.thumbnails") : ""].filter(Boolean);
  return texts.length ? h("p", { class: "muted" }, texts.join(" ")) : null;
}

function table(faceSet, startFilter) {
  const name = faceSet.face_set_name;
  const state = { filter: startFilter, offset: 0, limit: PAGE_SIZES[0], total: 0, filtered: true };
  const full = h("div", {});
  const rows = h("div", { "aria-live": "off" });
  const pager = h("div", { class: "row between pager" });
  const deleteMatching = button(t("faces.deleteMatching"), { kind: "danger-plain", icon: "trash", onclick: () => askToDeleteMatching() });

  let latest = 0;
  const reload = async () => {
    const turn = (latest += 1);
    deleteMatching.disabled = true;
    if (!rows.hasChildNodes()) fill(rows, skeleton(6));
    rows.setAttribute("aria-busy", "true");
    try {
      const [set, found] = await Promise.all([showFaceSet(name), pageOf(name, state)]);
      if (turn !== latest) return; // what was asked for later has an answer of its own
      const total = found.total ?? set.face_number;
      if (found.faces.length === 0 && total > 0 && state.offset > 0) {
        state.offset = Math.max(0, state.offset - state.limit); // the last page is gone
        await reload();
        return;
      }
      Object.assign(state, { total, filtered: found.total !== undefined });
      fill(full, gauge(t("faceSets.fullness", { name }), set.face_number, set.face_set_capacity));
      fill(rows, state.filter && !state.filtered ? remark(t("faces.noQuery")) : null, content(set, found.faces, state, reload));
      fill(pager, pagerParts(state, reload));
      deleteMatching.disabled = !(state.filter && state.filtered && state.total);
    } catch (error) {
      if (turn === latest) fill(rows, failure(error, reload));
    }
    if (turn === latest) rows.removeAttribute("aria-busy");
  };
  const filter = filterInput({
    set: () => name,
    label: t("filter.label"),
    value: startFilter,
    example: exampleFilter(faceSet.external_fields),
    edited: () => (deleteMatching.disabled = true),
    changed: (text) => {
      Object.assign(state, { filter: text, offset: 0 });
      return reload();
    },
  });
  const askToDeleteMatching = () => {
    const asked = state.filter;
    confirmDialog({
      title: t("faces.deleteMatching"),
      text: count("faces.deleteMatchingText", state.total, { filter: asked }),
      action: count("faces.deleteCount", state.total),
      submit: async () => {
        const { face_number } = await batchDeleteFaces(name, asked);
        done(count("faces.deletedCount", face_number));
        state.offset = 0;
        await filter.check();
      },
    });
  };
  filter.check();
  return [
    full,
    h("div", { class: "card filter-bar" }, filter.element, deleteMatching, h("details", { class: "help" }, h("summary", {}, t("filter.help")), h("p", {}, t("filter.helpText")), h("pre", { class: "code" }, "floor:[1 TO 5] && badge:B_12\nactive:true || (!floor:3)\nratio:{0.5 TO *]\nexternal_image_id:alice"))),
    rows,
    pager,
  ];
}

/** A page of faces and how many there are; without the service's own query, as FRS lists them. */
async function pageOf(name, { filter, offset, limit }) {
  try {
    return await queryFaces(name, filter ? { filter, offset, limit } : { offset, limit });
  } catch (error) {
    if (!error.isMissing) throw error;
    return showFaces(name, offset, limit);
  }
}

function content(faceSet, faces, state, reload) {
  if (faces.length === 0) {
    if (state.filter) return empty("filter", t("faces.noMatch"), t("faces.noMatchText"));
    const add = linkButton(t("faceSets.add"), address(["face-sets", faceSet.face_set_name, "add"]), { kind: "primary", icon: "upload" });
    return empty("person", t("faces.none"), t("faces.noneText"), add);
  }
  const heads = [t("faces.picture"), t("faces.imageId"), t("faces.faceId"), ...Object.keys(faceSet.external_fields), t("faces.box")];
  return h(
    "div",
    { class: "table", tabindex: "0", role: "region", "aria-label": t("faces.table") },
    h(
      "table",
      {},
      h("thead", {}, h("tr", {}, heads.map((head) => h("th", { scope: "col" }, head)), h("th", { scope: "col" }, h("span", { class: "unseen" }, t("faces.actions"))))),
      h("tbody", {}, faces.map((face) => faceRow(faceSet, face, reload))),
    ),
  );
}

function pagerParts(state, reload) {
  if (state.total === 0) return [];
  const last = Math.min(state.offset + state.limit, state.total);
  const turn = async (offset, way) => {
    state.offset = offset;
    await reload();
    const same = document.querySelector(`.pager [data-turn=${way}]:not(:disabled)`);
    (same ?? document.querySelector(".view .table"))?.focus();
  };
  const resize = (event) => {
    Object.assign(state, { limit: Number(event.target.value), offset: 0 });
    reload();
  };
  return [
    h("span", { role: "status" }, t("faces.range", { first: state.offset + 1, last, total: state.total })),
    h(
      "div",
      { class: "row" },
      h("label", { class: "row muted" }, t("faces.perPage"), select(PAGE_SIZES.map((size) => [size, size]), state.limit, { onchange: resize })),
      button(t("common.previous"), { icon: "back", disabled: state.offset === 0, "data-turn": "previous", onclick: () => turn(Math.max(0, state.offset - state.limit), "previous") }),
      button(t("common.next"), { icon: "next", disabled: last >= state.total, "data-turn": "next", onclick: () => turn(state.offset + state.limit, "next") }),
    ),
  ];
}
