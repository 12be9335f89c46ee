/* Adding faces: many pictures at once, with progress and what became of each. */

import { fill, h } from "../dom.js";
import { stringify } from "../exact_json.js";
import { showFaceSet } from "../frs.js";
import { count, t } from "../i18n.js";
import { portrait, rememberPortraits } from "../portraits.js";
import { address } from "../router.js";
import { button, linkButton } from "../ui/button.js";
import { valueInput, valuesOf } from "../ui/external_fields.js";
import { checkbox, field, select, textInput } from "../ui/field.js";
import { icon } from "../ui/icons.js";
import { load, page } from "../ui/page.js";
import { pictureInput } from "../ui/picture_input.js";
import { failed } from "../ui/toast.js";
import { addAll, idFromName, upload } from "../uploads.js";

const STATES = { waiting: "add.waiting", sending: "add.sending", failed: "add.failed" };

export function addFacesView(name) {
  const place = h("div", {});
  const view = page({
    title: t("add.title", { name }),
    lead: t("add.lead"),
    back: h("a", { class: "back", href: address(["face-sets", name]) }, icon("back"), name),
    actions: [linkButton(t("add.showFaces"), address(["face-sets", name]))],
    content: place,
  });
  load(place, async () => workplace(await showFaceSet(name), view));
  return view;
}

function workplace(faceSet, view) {
  const set = faceSet.face_set_name;
  const uploads = [];
  const lines = new Map();
  const list = h("ul", { class: "uploads" });
  const summary = h("div", { class: "summary" });
  const given = options(faceSet);
  let stop = new AbortController();
  let running = false;
  view.addEventListener("leave", () => stop.abort());

  const changed = async (one) => {
    if (one.state === "done") await rememberPortraits(set, one.file, one.faces);
    fill(lines.get(one), uploadParts(faceSet, one));
    summarise();
  };
  const summarise = () => fill(summary, progress(uploads, running, { retry, halt }));
  const retry = () => {
    for (const one of uploads) {
      if (one.state !== "failed") continue;
      one.state = "waiting";
      fill(lines.get(one), uploadParts(faceSet, one));
    }
    run();
  };
  const halt = () => stop.abort();
  const run = async () => {
    if (running) return;
    running = true;
    stop = new AbortController();
    while (uploads.some(({ state }) => state === "waiting") && !stop.signal.aborted) await addAll(set, uploads, changed, stop.signal);
    running = false;
    summarise();
  };
  const chosen = (files) => {
    try {
      for (const file of files) {
        const one = upload(file, given(file));
        const line = h("li", {}, uploadParts(faceSet, one));
        uploads.push(one);
        lines.set(one, line);
        list.prepend(line);
      }
      run();
    } catch (error) {
      failed(error);
    }
  };
  return h(
    "div",
    { class: "columns" },
    h("div", { class: "stack" }, pictureInput({ label: t("add.drop"), several: true, chosen }), summary, list),
    h("section", { class: "card stack" }, h("h2", {}, t("add.options")), given.element),
  );
}

/** The fields that go with every picture: a function from a file to them, with its inputs. */
function options(faceSet) {
  const kind = select([["file", t("add.idFile")], ["own", t("add.idOwn")], ["made", t("add.idMade")]], "file");
  const own = textInput({ maxlength: 36 });
  const ownField = field(t("add.idText"), own);
  ownField.hidden = true;
  kind.addEventListener("change", () => (ownField.hidden = kind.value !== "own"));
  const definitions = faceSet.external_fields;
  const inputs = Object.fromEntries(Object.entries(definitions).map(([name, { type }]) => [name, valueInput(type)]));
  const single = checkbox(t("add.single"), { checked: true });
  const of = (file) => {
    const form = { single: String(single.input.checked) };
    const id = kind.value === "file" ? idFromName(file.name) : kind.value === "own" ? own.value.trim() : "";
    if (id) form.external_image_id = id;
    const values = valuesOf(definitions, inputs);
    if (Object.keys(values).length) form.external_fields = stringify(values);
    return form;
  };
  of.element = [
    field(t("add.id"), kind),
    ownField,
    Object.entries(definitions).map(([name, { type }]) => field(`${name} · ${type}`, inputs[name])),
    h("div", {}, single.element, h("p", { class: "hint" }, t("add.singleHint"))),
    h("p", { class: "hint" }, t("add.optionsHint")),
  ];
  return of;
}

function uploadParts(faceSet, one) {
  const { name } = one.file;
  const picture =
    one.state === "done" && one.faces.length ? one.faces.slice(0, 4).map((face) => portrait(faceSet, face)) : h("span", { class: "portrait" }, icon("picture"));
  const text = one.state === "done" ? count("add.stored", one.faces.length) : t(STATES[one.state]);
  return [
    h("div", { class: "portraits" }, picture),
    h("div", { class: "upload-text" }, h("b", {}, name), h("span", { class: `outcome ${one.state}` }, one.state === "failed" ? one.reason : text)),
    one.state === "sending" ? h("span", { class: "spinner", "aria-hidden": "true" }) : null,
    one.state === "done" ? icon("check") : null,
    one.state === "failed" ? icon("alert") : null,
  ];
}

function progress(uploads, running, { retry, halt }) {
  if (uploads.length === 0) return null;
  const of = (state) => uploads.filter((one) => one.state === state).length;
  const finished = of("done") + of("failed");
  const faces = uploads.reduce((sum, one) => sum + one.faces.length, 0);
  return h(
    "div",
    { class: "card stack" },
    h("progress", { max: uploads.length, value: finished, "aria-label": t("add.progress") }),
    h(
      "div",
      { class: "row between" },
      h("p", { role: "status" }, t("add.summary", { finished, total: uploads.length, faces: count("add.stored", faces), failed: of("failed") })),
      h(
        "div",
        { class: "row" },
        running ? button(t("add.stop"), { onclick: halt }) : null,
        !running && of("failed") ? button(t("add.retry"), { onclick: retry }) : null,
      ),
    ),
  );
}
