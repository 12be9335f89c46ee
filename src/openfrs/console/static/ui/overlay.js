/* Boxes and points drawn over a picture, in the picture's own pixels. */

import { h, svg } from "../dom.js";

/**
 * The picture with marks over it. `boxes` are bounding boxes, `points` lists of {x, y}; a box has
 * its number beside it where there are several.
 */
export function pictureWithMarks(url, text, { boxes = [], points = [] } = {}) {
  const image = h("img", { src: url, alt: text });
  const marks = svg("svg", { class: "marks", "aria-hidden": "true", preserveAspectRatio: "none" });
  const draw = () => {
    const { naturalWidth: width, naturalHeight: height } = image;
    if (!width) return;
    marks.setAttribute("viewBox", `0 0 ${width} ${height}`);
    const unit = Math.max(width, height) / 400;
    marks.replaceChildren(...boxes.flatMap((box, at) => boxMarks(box, boxes.length > 1 ? at + 1 : null, unit)));
    for (const { x, y } of points) marks.append(svg("circle", { cx: x, cy: y, r: unit * 1.4 }));
  };
  image.addEventListener("load", draw);
  if (image.complete) draw();
  return h("div", { class: "marked" }, image, marks);
}

function boxMarks(box, label, unit) {
  const { top_left_x: x, top_left_y: y, width, height } = box;
  const line = unit * 1.8;
  const marks = [
    svg("rect", { class: "halo", x, y, width, height, rx: unit * 3, "stroke-width": line * 2 }),
    svg("rect", { class: "box", x, y, width, height, rx: unit * 3, "stroke-width": line }),
  ];
  if (label === null) return marks;
  const size = unit * 16;
  return [
    ...marks,
    svg("rect", { class: "tag", x, y, width: size, height: size, rx: unit * 3 }),
    svg("text", { x: x + size / 2, y: y + size * 0.72, "font-size": size * 0.66, "text-anchor": "middle" }, label),
  ];
}
