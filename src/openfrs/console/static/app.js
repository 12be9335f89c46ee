/* The start of the console: signing in first, then the view that the address asks for. */

import { fill, h } from "./dom.js";
import { t } from "./i18n.js";
import { address, currentRoute, go } from "./router.js";
import { session, whenSessionEnds } from "./session.js";
import { markPlace, shell } from "./shell.js";
import { forgetCalls } from "./calls.js";
import { failure } from "./ui/states.js";
import { compareView } from "./views/compare.js";
import { detectView } from "./views/detect.js";
import { facesView } from "./views/faces.js";
import { faceSetsView } from "./views/face_sets.js";
import { addFacesView } from "./views/add_faces.js";
import { keysView } from "./views/keys.js";
import { livenessView } from "./views/liveness.js";
import { modelsView } from "./views/models.js";
import { projectsView } from "./views/projects.js";
import { searchView } from "./views/search.js";
import { signInView } from "./views/sign_in.js";
import { usersView } from "./views/users.js";

const root = document.getElementById("app");

/* The first segment of an address, and what shows it. A view answers its element, and may listen
   for its `leave` event to end what it has under way. */
const VIEWS = {
  "face-sets": ([set, part], query) => {
    if (!set) return faceSetsView();
    return part === "add" ? addFacesView(set) : facesView(set, query);
  },
  search: ([set], query) => searchView(set, query),
  compare: () => compareView(),
  detect: () => detectView(),
  liveness: () => livenessView(),
  keys: () => keysView(),
  users: () => usersView(),
  projects: () => projectsView(),
  models: () => modelsView(),
};

let main = null;
let shown = null;

/** Draws everything anew: after signing in, signing out, and a change of language or project. */
export function restart() {
  leave();
  main = null;
  if (session.token === null || session.project === null) {
    fill(root, signInView(restart));
    root.querySelector("input")?.focus();
    document.title = "OpenFRS";
    return;
  }
  main = h("main", { id: "main", tabindex: "-1" });
  fill(root, shell(main, restart));
  show();
}

function leave() {
  shown?.dispatchEvent(new CustomEvent("leave"));
  shown = null;
  for (const dialog of document.querySelectorAll("dialog[open]")) dialog.close();
}

function show() {
  if (main === null) return;
  const { segments, query } = currentRoute();
  const [name, ...rest] = segments;
  if (!Object.hasOwn(VIEWS, name)) {
    history.replaceState(null, "", address(["face-sets"]));
    show();
    return;
  }
  leave();
  try {
    shown = VIEWS[name](rest, query);
  } catch (error) {
    shown = failure(error);
  }
  fill(main, shown);
  const heading = main.querySelector("h1");
  document.title = `${heading?.textContent ?? t("app.name")} · OpenFRS`;
  markPlace(name);
  main.focus({ preventScroll: true });
  scrollTo(0, 0);
}

whenSessionEnds((reason) => {
  forgetCalls();
  restart();
  if (reason === "expired") root.querySelector("form")?.prepend(failure(new Error(t("signIn.expired"))));
});

addEventListener("hashchange", show);
if (!currentRoute().segments.length) go(["face-sets"]);
restart();
