/* Signing in, and picking a project where there are several. */

import { fill, h } from "../dom.js";
import { showService } from "../frs.js";
import { t } from "../i18n.js";
import { listProjects, signIn } from "../iam.js";
import { endSession, session } from "../session.js";
import { languages, logo, themeButton } from "../shell.js";
import { busy, button } from "../ui/button.js";
import { field, textInput } from "../ui/field.js";
import { icon } from "../ui/icons.js";
import { failure, remark } from "../ui/states.js";
import { failed } from "../ui/toast.js";

/** The page before everything else; `restart` goes on once a project is chosen. */
export function signInView(restart) {
  const panel = h("div", { class: "panel" });
  fill(panel, session.token === null ? form(panel, restart) : choice(restart));
  return h(
    "main",
    { class: "gate" },
    h("div", { class: "gate-tools row" }, themeButton(), languages(restart)),
    h("div", { class: "gate-brand" }, logo(), h("h1", {}, "OpenFRS"), h("p", {}, t("signIn.lead"))),
    panel,
    h("p", { class: "hint" }, t("signIn.memory")),
  );
}

function form(panel, restart) {
  const domain = textInput({ name: "domain", required: true, autocomplete: "organization" });
  const user = textInput({ name: "username", required: true, autocomplete: "username" });
  const password = h("input", { type: "password", name: "password", required: true, autocomplete: "current-password" });
  domain.value = session.domain || "openfrs";
  const trouble = h("div", {});
  const go = button(t("signIn.action"), { kind: "primary", type: "submit" });
  const enter = async (event) => {
    event.preventDefault();
    trouble.replaceChildren();
    try {
      await busy(go, () => open(domain.value, user.value, password.value));
      password.value = "";
      if (session.project) restart();
      else fill(panel, choice(restart));
    } catch (error) {
      if (session.token !== null) {
        endSession("left"); // the password was right, and this form is gone with the session
        failed(error);
        return;
      }
      trouble.replaceChildren(failure(error.status === 401 ? new Error(t("signIn.wrong")) : error));
    }
  };
  return h(
    "form",
    { class: "stack", onsubmit: enter },
    field(t("signIn.domain"), domain),
    field(t("signIn.user"), user),
    field(t("signIn.password"), password),
    trouble,
    go,
  );
}

async function open(domain, user, password) {
  await signIn(domain, user, password);
  session.projects = await listProjects();
  session.service = await showService().catch(() => null); // an older service; see views/models.js
  session.project = session.projects.length === 1 ? session.projects[0] : null;
}

function choice(restart) {
  if (session.projects.length === 0) {
    return h("div", { class: "stack" }, remark(t("signIn.noProject")), button(t("signIn.leave"), { onclick: () => endSession("left") }));
  }
  const choose = (project) => {
    session.project = project;
    restart();
  };
  return h(
    "div",
    { class: "stack" },
    h("h2", {}, t("signIn.chooseProject")),
    h("ul", { class: "choices" }, session.projects.map((project) => h("li", {}, h("button", { type: "button", onclick: () => choose(project) }, icon("projects"), h("span", {}, project.name), icon("next"))))),
  );
}
