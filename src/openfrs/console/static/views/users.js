/* Users, for administrators: who may sign in, and for which projects. */

import { h } from "../dom.js";
import { t } from "../i18n.js";
import { createUser, deleteUser, listUsers, updateUser } from "../iam.js";
import { session } from "../session.js";
import { button, iconButton } from "../ui/button.js";
import { confirmDialog, formDialog } from "../ui/dialog.js";
import { checkbox, field, textInput } from "../ui/field.js";
import { listTable, orMissing } from "../ui/list_table.js";
import { load, page } from "../ui/page.js";
import { done } from "../ui/toast.js";

export function usersView() {
  const place = h("div", {});
  const reload = () => load(place, async () => table(await listUsers().catch((error) => orMissing(error, "missing.iam")), reload));
  reload();
  return page({
    title: t("users.title"),
    lead: t("users.lead"),
    actions: [button(t("users.create"), { kind: "primary", icon: "plus", onclick: () => userDialog(null, reload) })],
    content: place,
  });
}

const projectNames = ({ administrator, project_ids }) => {
  if (administrator) return t("users.allProjects");
  const names = session.projects.filter(({ id }) => (project_ids ?? []).includes(id)).map(({ name }) => name);
  return names.length ? names.join(", ") : t("users.noProjects");
};

function table(users, reload) {
  const columns = [
    [t("users.name"), ({ name }) => name],
    [t("users.role"), ({ administrator }) => (administrator ? t("role.administrator") : t("role.user"))],
    [t("users.projects"), projectNames],
    [
      "",
      (user) =>
        h(
          "div",
          { class: "row" },
          iconButton(t("users.editNamed", { name: user.name }), "edit", () => userDialog(user, reload)),
          iconButton(t("users.deleteNamed", { name: user.name }), "trash", () => askToDelete(user, reload)),
        ),
    ],
  ];
  return listTable(t("users.title"), columns, users);
}

/** Makes a user, or changes one's rights and password. */
function userDialog(user, reload) {
  const name = textInput({ maxlength: 64 });
  const password = h("input", { type: "password", autocomplete: "new-password" });
  const administrator = checkbox(t("users.administrator"), { checked: user?.administrator });
  const boxes = session.projects.map(({ id, name: title }) => [id, checkbox(title, { checked: user?.project_ids?.includes(id) })]);
  const submit = async () => {
    const rights = { administrator: administrator.input.checked, project_ids: boxes.filter(([, { input }]) => input.checked).map(([id]) => id) };
    if (user === null) await createUser({ name: name.value.trim(), password: password.value, ...rights });
    else await updateUser(user.id, password.value ? { password: password.value, ...rights } : rights);
    done(t("users.saved", { name: user?.name ?? name.value.trim() }));
    await reload();
  };
  formDialog({
    title: user === null ? t("users.create") : t("users.editNamed", { name: user.name }),
    body: h(
      "div",
      { class: "stack" },
      user === null ? field(t("users.name"), name) : null,
      field(t("signIn.password"), password, user === null ? t("users.passwordHint") : t("users.passwordKeep")),
      administrator.element,
      h("fieldset", { class: "ticks" }, h("legend", {}, t("users.projects")), boxes.map(([, { element }]) => element)),
    ),
    action: t("common.save"),
    submit,
  });
}

function askToDelete(user, reload) {
  confirmDialog({
    title: t("users.deleteNamed", { name: user.name }),
    text: t("users.deleteText"),
    action: t("users.delete"),
    typed: user.name,
    submit: async () => {
      await deleteUser(user.id);
      done(t("users.deleted", { name: user.name }));
      await reload();
    },
  });
}
