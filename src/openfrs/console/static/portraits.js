/*
 * Small pictures of faces for tables and cards. The service keeps none unless a face set says so,
 * so those of this session come from the user's own uploads, cut out here and held in memory.
 */

import { h } from "./dom.js";
import { showFaceSetOptions, showThumbnail } from "./frs.js";
import { t } from "./i18n.js";
import { hasFeature, session, whenSessionEnds } from "./session.js";
import { icon } from "./ui/icons.js";

const SIDE = 112;
const KEPT = 500;
const MARGIN = 0.35;

const known = new Map();

whenSessionEnds(() => {
  for (const url of known.values()) URL.revokeObjectURL(url);
  known.clear();
  keeping.clear();
});

const nameOf = (set, face_id) => `${session.project?.id}/${set}/${face_id}`;

/** Cuts the faces just added out of their picture, for as long as the session lasts. */
export async function rememberPortraits(set, file, faces) {
  let picture;
  try {
    picture = await createImageBitmap(file);
  } catch {
    return; // a format that the service reads and this browser does not
  }
  for (const face of faces) keep(nameOf(set, face.face_id), await cut(picture, face.bounding_box));
  picture.close();
}

export function forgetPortrait(set, face_id) {
  const name = nameOf(set, face_id);
  if (known.has(name)) URL.revokeObjectURL(known.get(name));
  known.delete(name);
}

async function cut(picture, box) {
  const side = Math.max(box.width, box.height) * (1 + MARGIN);
  const left = box.top_left_x + box.width / 2 - side / 2;
  const top = box.top_left_y + box.height / 2 - side / 2;
  const canvas = h("canvas", { width: SIDE, height: SIDE });
  canvas.getContext("2d").drawImage(picture, left, top, side, side, 0, 0, SIDE, SIDE);
  return new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.85));
}

function keep(name, blob) {
  known.set(name, URL.createObjectURL(blob));
  if (known.size <= KEPT) return;
  const [oldest, url] = known.entries().next().value;
  URL.revokeObjectURL(url);
  known.delete(oldest);
}

/* Whether a face set keeps thumbnails, by its id; asked for once. */
const keeping = new Map();

async function thumbnail(faceSet, face) {
  const { face_set_id: id, face_set_name: set } = faceSet;
  if (!keeping.has(id)) keeping.set(id, showFaceSetOptions(set));
  try {
    const { thumbnails } = await keeping.get(id);
    return thumbnails ? await showThumbnail(set, face.face_id) : null;
  } catch (error) {
    if (!error.isMissing) keeping.delete(id); // what has failed may work another time
    throw error;
  }
}

/** A face's portrait, or the outline of a person. `faceSet` is what ShowFaceSet answers. */
export function portrait(faceSet, face) {
  const set = faceSet.face_set_name;
  const frame = h("span", { class: "portrait" }, icon("person"));
  const show = (url) => frame.replaceChildren(h("img", { src: url, alt: t("faces.portrait", { name: face.external_image_id }) }));
  const name = nameOf(set, face.face_id);
  if (known.has(name)) show(known.get(name));
  else if (hasFeature("thumbnails")) {
    thumbnail(faceSet, face)
      .then((blob) => {
        if (blob === null) return;
        keep(name, blob);
        show(known.get(name));
      })
      .catch(() => {}); // this face has none: the outline stays
  }
  return frame;
}
