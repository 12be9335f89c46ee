/* How the console talks to the service: one way for every call. */

import { began, ended } from "./calls.js";
import { parse, stringify } from "./exact_json.js";
import { endSession, session } from "./session.js";

/** A refusal of the service, or a failure to reach it (status 0). */
export class Refusal extends Error {
  constructor(status, code, message, position) {
    super(message);
    this.status = status;
    this.code = code;
    this.position = position;
  }

  /** Whether the service does not have that operation at all. */
  get isMissing() {
    return this.status === 404;
  }
}

/**
 * The answer's JSON. `operation` names the call in the drawer; `json` is a body, `form` the fields
 * of a form (a File among them is sent as a file), `query` the parameters of the path. Where the
 * body holds a password, `proves` says that a 401 speaks of that and not of the session.
 */
export async function call(operation, method, path, { json, form, query, signal, wanted = "json", proves = false } = {}) {
  const address = query ? `${path}?${new URLSearchParams(query)}` : path;
  const headers = {};
  if (session.token) headers["X-Auth-Token"] = session.token;
  let body;
  if (json !== undefined) {
    headers["Content-Type"] = "application/json";
    body = stringify(json);
  } else if (form) {
    body = new FormData();
    for (const [name, value] of Object.entries(form)) body.append(name, value);
  }
  const record = began({ operation, method, path: address, query, json: withoutSecrets(json), form: named(form), status: null, ms: null });
  const started = performance.now();
  let answer;
  try {
    answer = await fetch(address, { method, headers, body, signal, cache: "no-store", credentials: "omit" });
  } catch (failure) {
    ended(record, 0, started);
    if (failure.name === "AbortError") throw failure;
    throw new Refusal(0, "", failure.message);
  }
  ended(record, answer.status, started);
  if (answer.status === 401 && session.token && !proves) endSession("expired");
  if (!answer.ok) throw await refusal(answer);
  if (wanted === "blob") return answer.blob();
  if (wanted === "answer") return answer;
  return answer.status === 204 ? null : parse(await answer.text());
}

async function refusal(answer) {
  const body = await answer.json().catch(() => ({}));
  const iam = body.error ?? {};
  const code = body.error_code ?? "";
  return new Refusal(answer.status, code, body.error_msg ?? iam.message ?? answer.statusText, body.position);
}

/** A form as the drawer shows it: files by their names. */
function named(form) {
  if (!form) return undefined;
  return Object.fromEntries(
    Object.entries(form).map(([name, value]) => [name, value instanceof Blob ? { file: value.name ?? "picture.jpg" } : String(value)]),
  );
}

/** A body as the drawer shows it: passwords are not in it. */
function withoutSecrets(json) {
  if (json === undefined) return undefined;
  const hide = (key, value) => (typeof value === "string" && key.includes("password") ? "********" : value);
  return parse(stringify(json, hide));
}
