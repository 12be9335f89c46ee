/* A plain table of things with actions, for lists that are not long. */

import { h } from "../dom.js";
import { t } from "../i18n.js";

/** `columns`: [[head, cell of a row], …]; the first column names the row. */
export function listTable(label, columns, rows) {
  const cells = (row) => columns.map(([, cell], at) => (at === 0 ? h("th", { scope: "row" }, cell(row)) : h("td", {}, cell(row))));
  const heads = columns.map(([head]) => h("th", { scope: "col" }, head || h("span", { class: "unseen" }, t("faces.actions"))));
  return h(
    "div",
    { class: "table", tabindex: "0", role: "region", "aria-label": label },
    h("table", {}, h("thead", {}, h("tr", {}, heads)), h("tbody", {}, rows.map((row) => h("tr", {}, cells(row))))),
  );
}

/** What stands where the service is older than the console and lacks an operation. */
export function orMissing(error, key) {
  if (error.isMissing) throw new Error(t(key));
  throw error;
}
