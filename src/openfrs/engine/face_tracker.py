"""One face followed through a video: the detector now and then, the mesh in every picture."""

import dataclasses
import math
from collections.abc import Callable, Iterable, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from openfrs.domain.attributes import HeadPose
from openfrs.domain.face_track import FaceTrack, Portrait
from openfrs.domain.faces import BoundingBox, DetectedFace, Image, Template
from openfrs.domain.videos import VideoFrame
from openfrs.engine import face_geometry
from openfrs.engine.face_mesh import FaceMesh, Mesh
from openfrs.engine.head_pose import head_pose
from openfrs.engine.skin_parallax import SkinParallax

MIN_PRESENCE = 0.5
"""Below, the mesh network sees no face where it looks, and the detector searches anew."""
SEARCH_SECONDS = 0.5
"""How often the whole picture is searched, for a second face and against drifting."""
SAMPLE_SECONDS = 0.5
"""How often a template is made."""
AHEAD_DEGREES = 20.0
"""Yaw and pitch within which a face looks ahead."""
SECOND_FACE = 0.25
"""A second face counts from this part of the first one's area on: smaller ones pass behind."""
DRIFT = 0.3
"""The least overlap of the mesh's box and the detector's, as part of their union."""
STRETCH_SECONDS = 2.0
"""Of each stretch as long, one portrait is kept."""
THUMBNAIL = (32, 32)

NOSE = (168, 2)
"""Its root and base: what shortens the face from above to below shortens it as it does the eyes,
so that a sheet that is bent does not seem to blink or speak."""
LIDS = (((160, 144), (159, 145), (158, 153)), ((385, 380), (386, 374), (387, 373)))
"""Points of the upper and lower lid, facing each other."""
LIPS = ((82, 87), (13, 14), (312, 317))
"""Points of the lips' inner edges, facing each other."""


Detect = Callable[[Image], Sequence[DetectedFace]]
Templates = Callable[[Image, Sequence[DetectedFace]], Sequence[Template]]


@dataclasses.dataclass(frozen=True, slots=True)
class MeshTracker:
    """A FaceTracker of a detector, a mesh network and a template network.

    Safe to call from many threads where they are.
    """

    detect: Detect
    mesher: FaceMesh
    templates: Templates

    def track(self, frames: Iterable[VideoFrame]) -> FaceTrack:
        """The track of the largest face of the first picture that shows one."""
        return track_face(frames, self.detect, self.mesher, self.templates)


@dataclasses.dataclass(slots=True)
class _Notes:
    """What is gathered on the way, picture by picture."""

    times: list[float] = dataclasses.field(default_factory=list)
    poses: list[HeadPose] = dataclasses.field(default_factory=list)
    points: list[NDArray[np.float32]] = dataclasses.field(default_factory=list)
    changes: list[float] = dataclasses.field(default_factory=list)
    samples: list[Template] = dataclasses.field(default_factory=list)
    portraits: dict[int, Portrait] = dataclasses.field(default_factory=dict)
    skin: SkinParallax = dataclasses.field(default_factory=SkinParallax)
    pictures: int = 0
    searches: int = 0
    crowds: int = 0


def track_face(
    frames: Iterable[VideoFrame], detect: Detect, mesher: FaceMesh, templates: Templates
) -> FaceTrack:
    """The track of the largest face of the first picture that shows one."""
    notes = _Notes()
    face: DetectedFace | None = None
    searched = sampled = -math.inf
    before: NDArray[np.float32] | None = None
    change = 0.0
    for frame in frames:
        notes.pictures += 1
        thumbnail = _thumbnail(frame.image)
        if before is not None:
            # Where the face is lost for a while, the change to the last picture with it counts.
            change = max(change, float(np.abs(thumbnail - before).mean()) / 255)
        before = thumbnail
        if face is None or frame.time - searched >= SEARCH_SECONDS:
            face = _searched(notes, detect(frame.image), face)
            searched = frame.time
        mesh = _mesh(mesher, frame.image, face)
        if mesh is None and face is not None and frame.time != searched:
            face = _searched(notes, detect(frame.image), None)
            searched = frame.time
            mesh = _mesh(mesher, frame.image, face)
        if mesh is None:
            face = None
            continue
        face = face_of(mesh.points, frame.image.shape[1], frame.image.shape[0])
        found = head_pose(mesh.points)
        notes.skin.keep(frame.image, mesh.points)
        notes.times.append(frame.time)
        notes.points.append(mesh.points)
        notes.poses.append(found)
        notes.changes.append(change)
        change = 0.0
        if max(abs(found.yaw), abs(found.pitch)) <= AHEAD_DEGREES:
            _keep_portrait(notes, Portrait(frame, face))
            if frame.time - sampled >= SAMPLE_SECONDS:
                notes.samples.extend(templates(frame.image, [face]))
                sampled = frame.time
    return _track(notes)


def _mesh(mesher: FaceMesh, image: Image, face: DetectedFace | None) -> Mesh | None:
    if face is None:
        return None
    [mesh] = mesher.meshes(image, [face])
    return mesh if mesh.presence >= MIN_PRESENCE else None


def _searched(
    notes: _Notes, faces: Sequence[DetectedFace], tracked: DetectedFace | None
) -> DetectedFace | None:
    """The face to go on with, after the whole picture has been searched."""
    if faces:
        notes.searches += 1
        first = faces[0].bounding_box.area
        notes.crowds += len(faces) > 1 and faces[1].bounding_box.area >= SECOND_FACE * first
    if tracked is None:
        return faces[0] if faces else None
    if not faces:  # the mesh network says for itself when it has lost the face
        return tracked
    nearest = max(faces, key=lambda one: one.bounding_box.overlap(tracked.bounding_box))
    drifted = nearest.bounding_box.overlap(tracked.bounding_box) < DRIFT
    return faces[0] if drifted else tracked


def face_of(points: NDArray[np.float32], width: int, height: int) -> DetectedFace:
    """The face that a mesh outlines, as a detector would give it."""
    flat = points[:, :2]
    low = np.clip(np.floor(flat.min(axis=0)), 0, (width - 1, height - 1)).astype(int)
    high = np.clip(np.ceil(flat.max(axis=0)), low + 1, (width, height)).astype(int)
    box = BoundingBox(
        width=int(high[0] - low[0]),
        height=int(high[1] - low[1]),
        top_left_x=int(low[0]),
        top_left_y=int(low[1]),
    )
    return DetectedFace(box, face_geometry.landmarks(points), 1.0)


def _keep_portrait(notes: _Notes, portrait: Portrait) -> None:
    stretch = int(portrait.frame.time / STRETCH_SECONDS)
    kept = notes.portraits.get(stretch)
    if kept is None or portrait.face.bounding_box.area > kept.face.bounding_box.area:
        notes.portraits[stretch] = portrait


def _thumbnail(image: Image) -> NDArray[np.float32]:
    small = cv2.resize(image, THUMBNAIL, interpolation=cv2.INTER_AREA)
    return np.asarray(small, dtype=np.float32)


def _track(notes: _Notes) -> FaceTrack:
    points = np.asarray(notes.points, dtype=np.float32).reshape(-1, 468, 3)
    angles = np.array([(pose.yaw, pose.pitch, pose.roll) for pose in notes.poses]).reshape(-1, 3)
    return FaceTrack(
        times=np.array(notes.times),
        yaw=angles[:, 0],
        pitch=angles[:, 1],
        roll=angles[:, 2],
        mouth=opening(points, LIPS, NOSE),
        eyes=np.stack([opening(points, lids, NOSE) for lids in LIDS], axis=1),
        points=points,
        changes=np.array(notes.changes),
        pictures=notes.pictures,
        crowd=notes.crowds / max(notes.searches, 1),
        samples=notes.samples,
        portraits=sorted(notes.portraits.values(), key=lambda one: -one.face.bounding_box.area),
        skin_relief=notes.skin.relief(*angles.T),
    )


def opening(
    points: NDArray[np.float32], pairs: Sequence[tuple[int, int]], length: tuple[int, int]
) -> NDArray[np.float64]:
    """(N,): the mean gap between the pairs as part of a length, both in space."""
    space = points.astype(np.float64)
    gaps = [_distance(space, *pair) for pair in pairs]
    return np.asarray(np.mean(gaps, axis=0) / np.maximum(_distance(space, *length), 1e-6))


def _distance(points: NDArray[np.float64], one: int, other: int) -> NDArray[np.float64]:
    return np.asarray(np.linalg.norm(points[:, one] - points[:, other], axis=1))
