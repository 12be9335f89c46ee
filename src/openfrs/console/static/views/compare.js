/* Do two pictures show the same person? */

import { fill, h } from "../dom.js";
import { compareFaces } from "../frs.js";
import { t } from "../i18n.js";
import { card, page } from "../ui/page.js";
import { probe } from "../ui/probe.js";
import { empty, failure, skeleton } from "../ui/states.js";
import { similarity } from "./search_results.js";

export function compareView() {
  const outcome = h("section", { class: "card outcome-card", "aria-live": "polite", "aria-label": t("compare.outcome") });
  const waiting = () => fill(outcome, empty("compare", t("compare.waiting"), t("compare.waitingText")));
  const changed = async () => {
    if (!first.file || !second.file) return waiting();
    const [one, two] = [first.file, second.file];
    fill(outcome, skeleton(2));
    try {
      const answer = await compareFaces({ image1_file: one, image2_file: two });
      if (first.file !== one || second.file !== two) return;
      first.mark({ boxes: [answer.image1_face.bounding_box] });
      second.mark({ boxes: [answer.image2_face.bounding_box] });
      fill(outcome, similarity(answer.similarity));
    } catch (error) {
      if (first.file === one && second.file === two) fill(outcome, failure(error));
    }
  };
  const first = probe({ label: t("compare.first"), changed });
  const second = probe({ label: t("compare.second"), changed });
  waiting();
  return page({
    title: t("compare.title"),
    lead: t("compare.lead"),
    content: [h("div", { class: "pair" }, card(first.element), card(second.element)), outcome],
  });
}
