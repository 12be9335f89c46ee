/* Signing in, and what administrators do about people, projects and keys. */

import { call } from "./api.js";
import { session } from "./session.js";

/** Signs in for the whole domain, so that one token serves every project of the user. */
export async function signIn(domain, user, password) {
  const identity = { methods: ["password"], password: { user: { domain: { name: domain }, name: user, password } } };
  const json = { auth: { identity, scope: { domain: { name: domain } } } };
  const answer = await call("CreateToken", "POST", "/v3/auth/tokens", { json, wanted: "answer" });
  const { token } = await answer.json();
  session.token = answer.headers.get("X-Subject-Token");
  session.user = token.user;
  session.domain = domain;
  session.administrator = token.roles.some((role) => role.name === "te_admin");
}

export const listProjects = async () => (await call("ListProjects", "GET", "/v3/projects")).projects;

export const createProject = (name) => call("CreateProject", "POST", "/v3/projects", { json: { project: { name } } });

export const deleteProject = (id) => call("DeleteProject", "DELETE", `/v3/projects/${encodeURIComponent(id)}`);

export const listUsers = async () => (await call("ListUsers", "GET", "/v3/users")).users;

export const createUser = (user) => call("CreateUser", "POST", "/v3/users", { json: { user } });

export const updateUser = (id, user) => call("UpdateUser", "PATCH", `/v3/users/${encodeURIComponent(id)}`, { json: { user } });

export const deleteUser = (id) => call("DeleteUser", "DELETE", `/v3/users/${encodeURIComponent(id)}`);

export const changePassword = (id, original_password, password) =>
  call("ChangePassword", "POST", `/v3/users/${encodeURIComponent(id)}/password`, { json: { user: { original_password, password } }, proves: true });

const CREDENTIALS = "/v3.0/OS-CREDENTIAL/credentials";

export const listKeys = async (user_id) => (await call("ListAccessKeys", "GET", CREDENTIALS, { query: { user_id } })).credentials;

export const createKey = async (user_id) => (await call("CreateAccessKey", "POST", CREDENTIALS, { json: { credential: { user_id } } })).credential;

export const deleteKey = (access) => call("DeleteAccessKey", "DELETE", `${CREDENTIALS}/${encodeURIComponent(access)}`);
