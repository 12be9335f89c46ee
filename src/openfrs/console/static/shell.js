/* The frame around every view: navigation, the project, and who is signed in. */

import { h, svg } from "./dom.js";
import { LANGUAGES, currentLanguage, t, useLanguage } from "./i18n.js";
import { currentTheme, useTheme } from "./preferences.js";
import { address, go } from "./router.js";
import { endSession, session } from "./session.js";
import { button, iconButton } from "./ui/button.js";
import { select } from "./ui/field.js";
import { icon } from "./ui/icons.js";
import { openRequests } from "./ui/requests.js";

const GROUPS = [
  ["nav.gallery", [["face-sets", "faceSets", "nav.faceSets"]]],
  [
    "nav.recognise",
    [
      ["search", "search", "nav.search"],
      ["compare", "compare", "nav.compare"],
      ["detect", "detect", "nav.detect"],
      ["liveness", "liveness", "nav.liveness"],
    ],
  ],
  [
    "nav.access",
    [
      ["keys", "key", "nav.keys"],
      ["users", "users", "nav.users", true],
      ["projects", "projects", "nav.projects", true],
    ],
  ],
  ["nav.service", [["models", "models", "nav.models"]]],
];

const THEMES = { auto: ["system", "theme.auto"], light: ["sun", "theme.light"], dark: ["moon", "theme.dark"] };

export function logo() {
  return svg(
    "svg",
    { class: "logo", viewBox: "0 0 32 32", "aria-hidden": "true" },
    svg("rect", { width: 32, height: 32, rx: 8 }),
    svg("path", {
      d: "M7 12V9.5A2.5 2.5 0 0 1 9.5 7H12M20 7h2.5A2.5 2.5 0 0 1 25 9.5V12M25 20v2.5a2.5 2.5 0 0 1-2.5 2.5H20M12 25H9.5A2.5 2.5 0 0 1 7 22.5V20M10.8 21.5c1-2.3 2.9-3.5 5.2-3.5s4.2 1.2 5.2 3.5M16 17.4a3.4 3.4 0 1 0 0-6.8 3.4 3.4 0 0 0 0 6.8Z",
    }),
  );
}

/** The frame with the view's place in it. `restart` draws everything anew. */
export function shell(main, restart) {
  const frame = h("div", { class: "shell" });
  const toggle = iconButton(t("nav.menu"), "menu", () => open(!frame.classList.contains("open")), { class: "icon-button menu", "aria-expanded": "false" });
  const open = (on) => {
    frame.classList.toggle("open", on);
    toggle.setAttribute("aria-expanded", String(on));
  };
  const side = h(
    "aside",
    { class: "side", "aria-label": t("app.name") },
    h("a", { class: "brand", href: address(["face-sets"]) }, logo(), h("span", {}, "OpenFRS")),
    h("nav", { "aria-label": t("nav.label"), onclick: (event) => event.target.closest("a") && open(false) }, GROUPS.map(group)),
    person(restart),
  );
  const top = h(
    "header",
    { class: "top" },
    toggle,
    projects(restart),
    h("div", { class: "row" }, button(t("requests.title"), { kind: "quiet", icon: "code", onclick: openRequests }), themeButton(), languages(restart)),
  );
  frame.addEventListener("keydown", (event) => event.key === "Escape" && open(false));
  frame.append(
    button(t("nav.skip"), { kind: "skip", onclick: () => main.focus() }),
    side,
    h("div", { class: "shade", onclick: () => open(false) }),
    h("div", { class: "page" }, top, main),
  );
  return frame;
}

function group([title, entries]) {
  const links = entries
    .filter(([, , , administrators]) => !administrators || session.administrator)
    .map(([place, name, text]) => h("li", {}, h("a", { href: address([place]), dataset: { place } }, icon(name), h("span", {}, t(text)))));
  return [h("h2", {}, t(title)), h("ul", {}, links)];
}

/** Marks the navigation's entry that leads to what is shown. */
export function markPlace(place) {
  for (const link of document.querySelectorAll(".side a[data-place]")) {
    if (link.dataset.place === place) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
}

function projects(restart) {
  const choices = session.projects.map(({ id, name }) => [id, name]);
  const change = (event) => {
    session.project = session.projects.find(({ id }) => id === event.target.value);
    go(["face-sets"]);
    restart();
  };
  return h("label", { class: "project" }, icon("projects"), h("span", { class: "unseen" }, t("nav.project")), select(choices, session.project.id, { onchange: change }));
}

function person() {
  return h(
    "div",
    { class: "person" },
    h("span", { class: "avatar", "aria-hidden": "true" }, session.user.name.slice(0, 1).toUpperCase()),
    h("div", {}, h("b", {}, session.user.name), h("span", {}, session.administrator ? t("role.administrator") : t("role.user"))),
    iconButton(t("signIn.leave"), "leave", () => endSession("left")),
  );
}

export function themeButton() {
  const names = Object.keys(THEMES);
  const place = h("span", {});
  const draw = () => {
    const [name, text] = THEMES[currentTheme()];
    place.replaceChildren(
      iconButton(t("theme.label", { theme: t(text) }), name, () => {
        useTheme(names[(names.indexOf(currentTheme()) + 1) % names.length]);
        draw();
        place.firstChild.focus();
      }),
    );
  };
  draw();
  return place;
}

export function languages(restart) {
  const change = (event) => {
    useLanguage(event.target.value);
    restart();
    document.querySelector("select.language").focus();
  };
  return select(Object.entries(LANGUAGES), currentLanguage(), { "aria-label": t("nav.language"), class: "language", onchange: change });
}
