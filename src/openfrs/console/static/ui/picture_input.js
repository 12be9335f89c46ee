/* Where pictures come in: dropped, picked or taken with the camera. */

import { h } from "../dom.js";
import { t } from "../i18n.js";
import { button } from "./button.js";
import { takePicture } from "./camera.js";
import { icon } from "./icons.js";
import { failed } from "./toast.js";

export const PICTURES = "image/jpeg,image/png,image/bmp,.jpg,.jpeg,.png,.bmp";

/**
 * A zone for pictures that calls `chosen` with a list of files. `several` takes more than one;
 * `camera` says whether the camera is offered.
 */
export function pictureInput({ label, chosen, several = false, camera = true, accept = PICTURES, compact = false }) {
  const input = h("input", {
    type: "file",
    accept,
    multiple: several,
    class: "unseen",
    tabindex: "-1",
    "aria-label": label,
    onchange: () => {
      if (input.files.length) chosen([...input.files]);
      input.value = "";
    },
  });
  const zone = h(
    "div",
    { class: compact ? "drop compact" : "drop" },
    icon("upload"),
    h("p", {}, h("b", {}, label), h("span", {}, several ? t("drop.several") : t("drop.single"))),
    input,
    h(
      "div",
      { class: "row" },
      button(several ? t("drop.pickSeveral") : t("drop.pick"), { icon: "picture", onclick: () => input.click() }),
      camera ? button(t("drop.camera"), { icon: "camera", onclick: () => takePicture((file) => chosen([file])).catch(failed) }) : null,
    ),
  );
  const hover = (on) => zone.classList.toggle("over", on);
  zone.addEventListener("dragover", (event) => {
    event.preventDefault();
    hover(true);
  });
  zone.addEventListener("dragleave", () => hover(false));
  zone.addEventListener("drop", (event) => {
    event.preventDefault();
    hover(false);
    const files = [...event.dataTransfer.files];
    if (files.length) chosen(several ? files : files.slice(0, 1));
  });
  return zone;
}
