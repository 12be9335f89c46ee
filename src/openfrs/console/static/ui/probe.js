/* One picture to ask about: where it comes in, and the picture itself once it is there. */

import { fill, h } from "../dom.js";
import { t } from "../i18n.js";
import { button } from "./button.js";
import { pictureInput } from "./picture_input.js";
import { pictureWithMarks } from "./overlay.js";

/**
 * A place for one picture. `changed` is called with the file, or null once it is taken away.
 * `mark` draws boxes and points over it. The picture is the user's own file; it comes from no server.
 */
export function probe({ label, changed, compact = false }) {
  const place = h("div", { class: "probe" });
  let url = null;
  const self = { element: place, file: null, mark: () => {}, clear: () => take(null) };

  const show = (marks) => {
    const again = button(t("probe.change"), { kind: "quiet", onclick: () => take(null) });
    fill(place, pictureWithMarks(url, t("probe.alt", { name: self.file.name }), marks), h("div", { class: "row between" }, h("span", { class: "muted small" }, self.file.name), again));
  };
  const take = (file) => {
    if (url) URL.revokeObjectURL(url);
    self.file = file;
    url = file ? URL.createObjectURL(file) : null;
    if (file) show();
    else fill(place, pictureInput({ label, compact, chosen: ([first]) => take(first) }));
    changed(file);
  };
  self.mark = (marks) => self.file && show(marks);
  fill(place, pictureInput({ label, compact, chosen: ([first]) => take(first) }));
  return self;
}
