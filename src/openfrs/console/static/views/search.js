/* Who is this? A picture or a stored face against a face set. */

import { fill, h } from "../dom.js";
import { detectFaces, searchByFace, searchByFile, showAllFaceSets, showFaceSet } from "../frs.js";
import { t } from "../i18n.js";
import { address, go } from "../router.js";
import { button, busy, linkButton } from "../ui/button.js";
import { field, segments, select, textInput } from "../ui/field.js";
import { load, page } from "../ui/page.js";
import { probe } from "../ui/probe.js";
import { empty, failure, skeleton } from "../ui/states.js";
import { searchOptions } from "./search_options.js";
import { results } from "./search_results.js";

export function searchView(name, query) {
  const place = h("div", {});
  load(place, async () => {
    const sets = await showAllFaceSets();
    if (sets.length === 0) {
      return empty("search", t("search.noSets"), t("search.noSetsText"), linkButton(t("faceSets.title"), address(["face-sets"]), { kind: "primary" }));
    }
    const faceSet = name ? await showFaceSet(name) : sets[0]; // of one that is gone, the service says so
    return workplace(sets, faceSet, query.get("face") ?? "");
  });
  return page({ title: t("search.title"), lead: t("search.lead"), content: place, wide: true });
}

function workplace(sets, faceSet, faceId) {
  const found = h("section", { class: "stack", "aria-label": t("search.results") });
  const trouble = h("div", {});
  const options = searchOptions(faceSet);
  const picture = probe({ label: t("search.drop"), compact: true, changed: (file) => (file ? run() : fill(found, waiting())) });
  const stored = textInput({ placeholder: "aB3dE5gH", maxlength: 8, class: "mono" });
  stored.value = faceId;
  const storedField = field(t("search.faceId"), stored, t("search.faceIdHint"));
  const go_ = button(t("search.action"), { kind: "primary", icon: "search", type: "submit" });
  let by = faceId ? "face" : "picture";
  let latest = 0;

  const switchTo = (value) => {
    by = value;
    picture.element.hidden = by !== "picture";
    storedField.hidden = by !== "face";
  };
  const run = async () => {
    const turn = (latest += 1);
    trouble.replaceChildren();
    const file = by === "picture" ? picture.file : null;
    if (by === "picture" ? !file : !stored.value.trim()) {
      fill(trouble, failure(new Error(t(by === "picture" ? "search.needPicture" : "search.needFace"))));
      return;
    }
    fill(found, skeleton(5));
    try {
      const answer = await busy(go_, () => ask(faceSet.face_set_name, file, stored.value.trim(), options));
      if (turn === latest) fill(found, results(faceSet, answer.faces, options.threshold()));
    } catch (error) {
      if (turn === latest) fill(found, failure(error));
    }
    if (file && turn === latest) markProbe(picture, file);
  };
  const form = h(
    "form",
    {
      class: "card stack",
      onsubmit: (event) => {
        event.preventDefault();
        run();
      },
    },
    field(t("search.set"), select(sets.map(({ face_set_name }) => [face_set_name, face_set_name]), faceSet.face_set_name, { onchange: (event) => go(["search", event.target.value]) })),
    segments(t("search.by"), [["picture", t("search.byPicture")], ["face", t("search.byFace")]], by, switchTo),
    picture.element,
    storedField,
    options.element,
    trouble,
    go_,
  );
  switchTo(by);
  fill(found, waiting());
  if (faceId) run();
  return h("div", { class: "columns narrow-first" }, form, found);
}

const waiting = () => empty("search", t("search.waiting"), t("search.waitingText"));

function ask(set, file, face_id, options) {
  if (!file) return searchByFace(set, { face_id, ...options.values() });
  const fields = Object.entries(options.values()).map(([key, value]) => [key, typeof value === "object" ? JSON.stringify(value) : String(value)]);
  return searchByFile(set, { ...Object.fromEntries(fields), image_file: file });
}

/** Shows which face was searched for: the largest, as the service takes it. */
async function markProbe(picture, file) {
  try {
    const { faces } = await detectFaces({ image_file: file });
    if (picture.file === file) picture.mark({ boxes: faces.slice(0, 1).map((face) => face.bounding_box) });
  } catch {
    return; // the search itself has said what is wrong
  }
}
