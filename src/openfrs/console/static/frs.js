/* The operations of the service, one function each, named as the wire names them. */

import { call } from "./api.js";
import { session } from "./session.js";

const project = () => `/v2/${session.project.id}`;
const own = () => `/openfrs/v1/${session.project.id}`;
const set = (name) => `${project()}/face-sets/${encodeURIComponent(name)}`;

export const showAllFaceSets = async () => (await call("ShowAllFaceSets", "GET", `${project()}/face-sets`)).face_sets_info;

export const showFaceSet = async (name) => (await call("ShowFaceSet", "GET", set(name))).face_set_info;

export const createFaceSet = (json) => call("CreateFaceSet", "POST", `${project()}/face-sets`, { json });

export const deleteFaceSet = (name) => call("DeleteFaceSet", "DELETE", set(name));

export const addFaces = (name, form, signal) => call("AddFaces", "POST", `${set(name)}/faces`, { form, signal });

export const showFaces = (name, offset, limit) => call("ShowFaces", "GET", `${set(name)}/faces`, { query: { offset, limit } });

export const queryFaces = (name, json, signal) =>
  call("QueryFaces", "POST", `${own()}/face-sets/${encodeURIComponent(name)}/faces/query`, { json, signal });

export const showFaceSetOptions = (name) => call("ShowFaceSetOptions", "GET", `${own()}/face-sets/${encodeURIComponent(name)}`);

export const updateFace = (name, json) => call("UpdateFace", "PUT", `${set(name)}/faces`, { json });

export const deleteFace = (name, face_id) => call("DeleteFace", "DELETE", `${set(name)}/faces`, { query: { face_id } });

export const batchDeleteFaces = (name, filter) => call("BatchDeleteFaces", "DELETE", `${set(name)}/faces/batch`, { json: { filter } });

export const searchByFile = (name, form) => call("SearchFace", "POST", `${set(name)}/search`, { form });

export const searchByFace = (name, json) => call("SearchFace", "POST", `${set(name)}/search`, { json });

export const compareFaces = (form) => call("CompareFace", "POST", `${project()}/face-compare`, { form });

export const detectFaces = (form) => call("DetectFace", "POST", `${project()}/face-detect`, { form });

export const detectLive = (form) => call("DetectLive", "POST", `/v1/${session.project.id}/live-detect`, { form });

export const detectLiveFace = (form) => call("DetectLiveFace", "POST", `/v1/${session.project.id}/live-detect-face`, { form });

export const showService = () => call("ShowService", "GET", "/openfrs/v1/service");

export const showThumbnail = (name, face_id) =>
  call("ShowThumbnail", "GET", `${own()}/face-sets/${encodeURIComponent(name)}/faces/${encodeURIComponent(face_id)}/thumbnail`, { wanted: "blob" });
