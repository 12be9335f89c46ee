/* Access keys: one's own, and everybody's for administrators; and one's own password. */

import { h } from "../dom.js";
import { moment, t } from "../i18n.js";
import { changePassword, createKey, deleteKey, listKeys, listUsers } from "../iam.js";
import { endSession, session } from "../session.js";
import { button, iconButton } from "../ui/button.js";
import { confirmDialog, formDialog, plainDialog } from "../ui/dialog.js";
import { field, select } from "../ui/field.js";
import { listTable, orMissing } from "../ui/list_table.js";
import { load, page } from "../ui/page.js";
import { empty, remark } from "../ui/states.js";
import { done } from "../ui/toast.js";

export function keysView() {
  const place = h("div", { class: "stack" });
  const owner = { id: session.user.id };
  const chooser = h("div", {});
  const reload = () =>
    load(place, async () => {
      const keys = await listKeys(owner.id).catch((error) => orMissing(error, "missing.iam"));
      return keys.length ? table(keys, reload) : empty("key", t("keys.none"), t("keys.noneText"));
    });
  if (session.administrator) {
    listUsers()
      .then((users) => {
        const change = (event) => {
          owner.id = event.target.value;
          reload();
        };
        chooser.append(field(t("keys.owner"), select(users.map(({ id, name }) => [id, name]), owner.id, { onchange: change })));
      })
      .catch(() => {}); // the list below says what is missing
  }
  reload();
  return page({
    title: t("keys.title"),
    lead: t("keys.lead"),
    actions: [
      button(t("keys.password"), { onclick: passwordDialog }),
      button(t("keys.create"), { kind: "primary", icon: "plus", onclick: () => make(owner.id, reload) }),
    ],
    content: [chooser, place],
  });
}

function table(keys, reload) {
  return listTable(
    t("keys.title"),
    [
      [t("keys.access"), ({ access }) => h("span", { class: "mono" }, access)],
      [t("keys.created"), ({ create_time }) => (create_time ? moment(create_time) : "–")],
      ["", ({ access }) => iconButton(t("keys.deleteNamed", { name: access }), "trash", () => askToDelete(access, reload))],
    ],
    keys,
  );
}

function make(owner, reload) {
  formDialog({
    title: t("keys.create"),
    body: h("p", {}, t("keys.createText")),
    action: t("keys.create"),
    submit: async () => {
      const key = await createKey(owner);
      await reload();
      showSecret(key);
    },
  });
}

/** The secret is shown once: the service keeps it sealed and tells nobody again. */
function showSecret({ access, secret }) {
  const text = `access_key=${access}\nsecret_key=${secret}\n`;
  const copy = button(t("common.copy"), { icon: "copy", onclick: () => navigator.clipboard.writeText(text).then(() => done(t("common.copied"))) });
  const body = h(
    "div",
    { class: "stack" },
    remark(t("keys.secretOnce")),
    h("dl", { class: "facts one" }, [["keys.access", access], ["keys.secret", secret]].map(([key, value]) => h("div", {}, h("dt", {}, t(key)), h("dd", { class: "mono" }, value)))),
    h("div", {}, copy),
  );
  plainDialog({ title: t("keys.made"), body });
}

function askToDelete(access, reload) {
  confirmDialog({
    title: t("keys.deleteNamed", { name: access }),
    text: t("keys.deleteText"),
    action: t("keys.delete"),
    submit: async () => {
      await deleteKey(access);
      done(t("keys.deleted"));
      await reload();
    },
  });
}

function passwordDialog() {
  const old = h("input", { type: "password", autocomplete: "current-password" });
  const fresh = h("input", { type: "password", autocomplete: "new-password" });
  formDialog({
    title: t("keys.password"),
    body: h("div", { class: "stack" }, h("p", { class: "hint" }, t("keys.passwordHint")), field(t("keys.oldPassword"), old), field(t("keys.newPassword"), fresh)),
    action: t("keys.password"),
    submit: async () => {
      await changePassword(session.user.id, old.value, fresh.value).catch((error) => orMissing(error, "missing.iam"));
      endSession("left");
      done(t("keys.passwordChanged"));
    },
  });
}
