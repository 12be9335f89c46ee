/* A call as a command for the shell, and as a program with the vendor's Python SDK. */

import { stringify } from "./exact_json.js";
import { t } from "./i18n.js";

/** A text in single quotes for a POSIX shell. */
const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;

/** The call as curl runs it; the token stands in $TOKEN, pictures go by their file names. */
export function asCurl(call, origin = location.origin) {
  const lines = [`curl -X ${call.method} ${quoted(origin + call.path)}`];
  if (call.operation !== "CreateToken") lines.push('-H "X-Auth-Token: $TOKEN"');
  if (call.json !== undefined) {
    lines.push("-H 'Content-Type: application/json'", `-d ${quoted(stringify(call.json))}`);
  }
  for (const [name, value] of Object.entries(call.form ?? {})) {
    lines.push(value.file === undefined ? `-F ${quoted(`${name}=${value}`)}` : `-F ${quoted(`${name}=@${value.file}`)}`);
  }
  return lines.join(" \\\n  ");
}

/* operation → method of the client, request class, body class; what takes the set's name says so. */
const SDK = {
  CreateFaceSet: { method: "create_face_set", body: "CreateFaceSetReq" },
  ShowAllFaceSets: { method: "show_all_face_sets" },
  ShowFaceSet: { method: "show_face_set", set: true },
  DeleteFaceSet: { method: "delete_face_set", set: true },
  AddFaces: { method: "add_faces_by_file", set: true, body: "AddFacesByFileRequestBody" },
  ShowFaces: { method: "show_faces_by_limit", set: true },
  UpdateFace: { method: "update_face", set: true, body: "UpdateFaceReq" },
  DeleteFace: { method: "delete_face_by_face_id", set: true },
  BatchDeleteFaces: { method: "batch_delete_faces", set: true, body: "DeleteFacesBatchReq" },
  SearchFace: { method: "search_face_by_file", set: true, body: "SearchFaceByFileRequestBody" },
  SearchFaceById: { method: "search_face_by_face_id", set: true, body: "FaceSearchFaceIdReq" },
  CompareFace: { method: "compare_face_by_file", body: "CompareFaceByFileRequestBody" },
  DetectFace: { method: "detect_face_by_file", body: "DetectFaceByFileRequestBody" },
  DetectLive: { method: "detect_live_by_file", body: "DetectLiveByFileRequestBody" },
  DetectLiveFace: { method: "detect_live_face_by_file", body: "DetectLiveFaceByFileRequestBody" },
};

/* What the service takes beyond the vendor's interface; the SDK has no place for it. */
const OWN_FIELDS = new Set(["quality_gate", "thumbnails"]);

/** The call as a Python program with the vendor's SDK, or why there is none. */
export function asPython(call, origin = location.origin, project = "") {
  const name = call.operation === "SearchFace" && !call.form ? "SearchFaceById" : call.operation;
  const sdk = SDK[name];
  if (sdk === undefined) return `# ${t("requests.noSdk")}`;
  const request = sdk.method.split("_").map((word) => word[0].toUpperCase() + word.slice(1)).join("");
  const given = [];
  if (sdk.set) given.push(`face_set_name=${literal(setOf(call.path))}`);
  for (const [key, value] of Object.entries(call.query ?? {})) given.push(`${key}=${literal(value)}`);
  const fields = Object.entries(call.json ?? call.form ?? {});
  const own = fields.filter(([key]) => OWN_FIELDS.has(key)).map(([key]) => key);
  if (sdk.body) {
    const parts = fields.filter(([key]) => !own.includes(key)).map(([key, value]) => `        ${key}=${argument(key, value)},\n`);
    given.push(`body=${sdk.body}(\n${parts.join("")}    )`);
  }
  const lines = given.map((text) => `    ${text},\n`).join("");
  const inner = lines ? `${request}Request(\n${lines})` : `${request}Request()`;
  const remark = own.length ? `# ${t("requests.ownFields", { names: own.join(", ") })}\n` : "";
  return `${preamble(origin, project)}${remark}request = ${inner}\nprint(client.${sdk.method}(request))`;
}

function preamble(origin, project) {
  return [
    "from huaweicloudsdkcore.auth.credentials import BasicCredentials",
    "from huaweicloudsdkcore.http.formdata import FormFile",
    "from huaweicloudsdkfrs.v2 import *",
    "",
    `credentials = BasicCredentials(ACCESS_KEY, SECRET_KEY, ${literal(project)})`,
    "client = (",
    "    FrsClient.new_builder()",
    "    .with_credentials(credentials)",
    `    .with_endpoint(${literal(origin)})`,
    "    .build()",
    ")",
    "",
    "",
  ].join("\n");
}

const setOf = (path) => decodeURIComponent(path.split("?")[0].split("/")[4]);

/* Forms carry texts; these fields of the SDK's form classes are numbers or booleans. */
const TYPED = new Set(["single", "top_n", "threshold", "nod_threshold"]);

function argument(key, value) {
  if (value?.file !== undefined) return `FormFile(${literal(value.file)})`;
  if (TYPED.has(key) && typeof value === "string") return literal(JSON.parse(value));
  return literal(value);
}

/** A JSON value as Python writes it. */
function literal(value) {
  if (value === null || value === undefined) return "None";
  if (value === true) return "True";
  if (value === false) return "False";
  if (typeof value === "bigint") return String(value);
  if (Array.isArray(value)) return `[${value.map(literal).join(", ")}]`;
  if (typeof value === "object") return `{${Object.entries(value).map(([key, part]) => `${literal(key)}: ${literal(part)}`).join(", ")}}`;
  return JSON.stringify(value);
}
