/* Projects, for administrators: each has face sets of its own. */

import { h } from "../dom.js";
import { t } from "../i18n.js";
import { createProject, deleteProject, listProjects } from "../iam.js";
import { session } from "../session.js";
import { button, iconButton } from "../ui/button.js";
import { confirmDialog, formDialog } from "../ui/dialog.js";
import { field, textInput } from "../ui/field.js";
import { listTable, orMissing } from "../ui/list_table.js";
import { load, page } from "../ui/page.js";
import { done } from "../ui/toast.js";

export function projectsView() {
  const place = h("div", {});
  const reload = () =>
    load(place, async () => {
      session.projects = await listProjects();
      offer(session.projects);
      return table(session.projects, reload);
    });
  reload();
  return page({
    title: t("projects.title"),
    lead: t("projects.lead"),
    actions: [button(t("projects.create"), { kind: "primary", icon: "plus", onclick: () => create(reload) })],
    content: place,
  });
}

/** The choice in the frame follows. */
function offer(projects) {
  const chooser = document.querySelector(".project select");
  chooser?.replaceChildren(...projects.map(({ id, name }) => h("option", { value: id, selected: id === session.project.id }, name)));
}

function table(projects, reload) {
  return listTable(
    t("projects.title"),
    [
      [t("projects.name"), ({ name }) => name],
      [t("projects.id"), ({ id }) => h("span", { class: "mono" }, id)],
      [
        "",
        (project) =>
          project.id === session.project.id
            ? h("span", { class: "muted" }, t("projects.current"))
            : iconButton(t("projects.deleteNamed", { name: project.name }), "trash", () => askToDelete(project, reload)),
      ],
    ],
    projects,
  );
}

function create(reload) {
  const name = textInput({ maxlength: 64 });
  formDialog({
    title: t("projects.create"),
    body: field(t("projects.name"), name),
    action: t("projects.create"),
    submit: async () => {
      await createProject(name.value.trim()).catch((error) => orMissing(error, "missing.iam"));
      done(t("projects.made", { name: name.value.trim() }));
      await reload();
    },
  });
}

function askToDelete(project, reload) {
  confirmDialog({
    title: t("projects.deleteNamed", { name: project.name }),
    text: t("projects.deleteText"),
    action: t("projects.delete"),
    typed: project.name,
    submit: async () => {
      await deleteProject(project.id);
      done(t("projects.deleted", { name: project.name }));
      await reload();
    },
  });
}
