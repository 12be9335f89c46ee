/* The camera: a live view, still pictures, and recordings. */

import { h } from "../dom.js";
import { t } from "../i18n.js";
import { button } from "./button.js";
import { plainDialog } from "./dialog.js";

/** The camera's stream. Throws with a telling message where there is none or it is refused. */
export async function openCamera() {
  if (!navigator.mediaDevices?.getUserMedia) throw new Error(t("camera.insecure"));
  try {
    return await navigator.mediaDevices.getUserMedia({ video: { width: { ideal: 1280 }, height: { ideal: 720 }, facingMode: "user" } });
  } catch (failure) {
    throw new Error(failure.name === "NotAllowedError" ? t("camera.refused") : t("camera.none"));
  }
}

export function closeCamera(stream) {
  for (const track of stream?.getTracks() ?? []) track.stop();
}

/** A live view of the stream. */
export function liveView(stream) {
  const video = h("video", { class: "camera", playsinline: true, "aria-label": t("camera.view"), srcObject: stream });
  video.muted = true;
  video.play().catch(() => {}); // it plays as soon as it is shown
  return video;
}

/** What the live view shows now, as a JPEG file. */
export async function still(video) {
  const canvas = h("canvas", { width: video.videoWidth, height: video.videoHeight });
  canvas.getContext("2d").drawImage(video, 0, 0);
  const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.95));
  return new File([blob], "camera.jpg", { type: "image/jpeg" });
}

/** Asks for a picture from the camera in a dialog, and hands it on. Throws as openCamera does. */
export async function takePicture(taken) {
  const stream = await openCamera();
  const video = liveView(stream);
  const shoot = button(t("camera.take"), {
    kind: "primary",
    icon: "camera",
    onclick: async () => {
      const file = await still(video);
      dialog.close();
      taken(file);
    },
  });
  shoot.disabled = true;
  video.addEventListener("loadeddata", () => {
    shoot.disabled = false;
    shoot.focus();
  });
  const dialog = plainDialog({ title: t("camera.title"), body: h("div", { class: "stack" }, video, shoot) });
  dialog.addEventListener("close", () => closeCamera(stream));
}
