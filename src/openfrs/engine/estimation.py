"""What is measured about detected faces, by the models that the pack has for it."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from openfrs.domain.attributes import Attribute, Attributes, Gender
from openfrs.domain.faces import DetectedFace, Image
from openfrs.engine import age_gender, align, face_geometry
from openfrs.engine.age_gender import Classifier
from openfrs.engine.face_mesh import FaceMesh, Mesh
from openfrs.engine.head_pose import head_pose
from openfrs.engine.installed_pack import InstalledPack
from openfrs.engine.manifest import ManifestInvalid
from openfrs.engine.quality import quality
from openfrs.engine.session import Session

FROM_MESH = frozenset({Attribute.HEAD_POSE, Attribute.LANDMARK, Attribute.SMILE, Attribute.QUALITY})
MIN_PRESENCE = 0.5
"""Below, the mesh is no face's, and only its quality is told: it is poor."""

MakeSession = Callable[[Path], Session]
Points = Callable[[Image, Sequence[DetectedFace]], NDArray[np.float32]]
Certainty = Callable[[Image, Sequence[DetectedFace]], Sequence[float]]


class Estimation:
    """Measures attributes. Frozen after start; safe to call from many threads.

    ``points`` gives the five points by which chips are cut, (N, 5, 2), ``certainty`` how sure the
    detector is of each face by itself. ``mesh`` is None where the pack has none. Raises
    ManifestInvalid.
    """

    def __init__(
        self, pack: InstalledPack, session: MakeSession, points: Points, certainty: Certainty
    ) -> None:
        self._points = points
        self._certainty = certainty
        self._age = _classifier(pack, "age", session)
        self._gender = _classifier(pack, "gender", session)
        has_mesh = pack.manifest.file("mesh") is not None
        self.mesh = FaceMesh(session(pack.path("mesh"))) if has_mesh else None

    def attributes(
        self, image: Image, faces: Sequence[DetectedFace], wanted: frozenset[Attribute]
    ) -> Sequence[Attributes]:
        """One set of attributes a face, in the order given; only what is wanted is computed."""
        if not faces:
            return []
        blank: Sequence[None] = [None] * len(faces)
        age = self._age if Attribute.AGE in wanted else None
        gender = self._gender if Attribute.GENDER in wanted else None
        ages: Sequence[int | None] = blank
        genders: Sequence[Gender | None] = blank
        if age or gender:
            points = self._points(image, faces)
            if age:
                seen = age.of_faces(image, points, age_gender.AGE_PADDINGS)
                ages = age_gender.ages(seen)
            if gender:
                seen = gender.of_faces(image, points, age_gender.GENDER_PADDINGS)
                genders = age_gender.genders(seen)
        meshes: Sequence[Mesh | None] = blank
        if self.mesh is not None and wanted & FROM_MESH:
            meshes = self.mesh.meshes(image, faces)
        certain: Sequence[float | None] = blank
        if self.mesh is not None and Attribute.QUALITY in wanted:
            certain = self._certainty(image, faces)
        return [
            _attributes(image, wanted, *of_face)
            for of_face in zip(faces, ages, genders, meshes, certain, strict=True)
        ]


def _attributes(
    image: Image,
    wanted: frozenset[Attribute],
    face: DetectedFace,
    age: int | None,
    gender: Gender | None,
    mesh: Mesh | None,
    certainty: float | None,
) -> Attributes:
    found = Attributes(
        age=age,
        gender=gender,
        face_angle=_quarter_turns(face.landmarks) if Attribute.FACE_ANGLE in wanted else None,
    )
    if mesh is None:
        return found
    pose = head_pose(mesh.points)
    if certainty is not None:
        found = replace(found, quality=quality(image, face, mesh, pose, certainty))
    if mesh.presence < MIN_PRESENCE:
        return found
    height, width = image.shape[:2]
    points = mesh.points
    return replace(
        found,
        head_pose=pose if Attribute.HEAD_POSE in wanted else None,
        landmark=(
            face_geometry.landmark(points, width, height) if Attribute.LANDMARK in wanted else None
        ),
        smile=face_geometry.smile(points) if Attribute.SMILE in wanted else None,
    )


def _classifier(pack: InstalledPack, role: str, session: MakeSession) -> Classifier | None:
    """The pack's model of that role, or None where it has none."""
    file = pack.manifest.file(role)
    if file is None:
        return None
    if file.input is None or file.input.width is None:
        raise ManifestInvalid(f"{pack.manifest.name}: {role} needs the size of its input")
    return Classifier(session(pack.path(role)), file.input)


def _quarter_turns(landmarks: NDArray[np.float32]) -> int:
    """The face's clockwise rotation to the nearest quarter turn: 0, 90, 180 or 270 degrees."""
    return round(align.clockwise_angle(landmarks) / 90) % 4 * 90
