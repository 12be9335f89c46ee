"""Pictures in, faces, templates and attributes out: the models of one pack, put together."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from openfrs.domain.attributes import Attribute, Attributes, Gender
from openfrs.domain.faces import BoundingBox, DetectedFace, Image, Template, Vector
from openfrs.domain.ports import FaceTracker
from openfrs.domain.scores import Calibration
from openfrs.engine import age_gender, align, dlib_templates
from openfrs.engine.age_gender import Classifier
from openfrs.engine.centerface import CenterFace
from openfrs.engine.dlib_format import DlibFormatInvalid
from openfrs.engine.dlib_templates import DlibTemplates
from openfrs.engine.manifest import InstalledPack, ManifestInvalid, PackNotInstalled
from openfrs.engine.session import Session
from openfrs.engine.shape_predictor_format import read_shape_predictor

Maker = TypeVar("Maker")


class Detector(Protocol):
    """Finds faces."""

    def detect(self, image: Image) -> Sequence[DetectedFace]:
        """Every face of the picture, the largest first."""


class PointPredictor(Protocol):
    """Finds the points of a face by which chips are cut."""

    def points(self, image: Image, frames: NDArray[np.float64]) -> NDArray[np.float32]:
        """The points of each face: (N, 5, 2), in pixels; ``frames`` as align.square gives them."""


class Embedder(Protocol):
    """Makes templates of chips."""

    def templates(self, chips: Sequence[Image]) -> Sequence[Vector]:
        """One template a chip, of unit length."""


DETECTORS: Mapping[str, Callable[[Session], Detector]] = {"centerface": CenterFace}
EMBEDDERS: Mapping[str, Callable[[Session], Embedder]] = {"dlib-resnet": DlibTemplates}
"""The families of model this engine runs; engine/manifest.py says which may play which role."""


class OnnxEngine:
    """The engine of an installed pack: a FaceEngine and an AttributeEstimator.

    Frozen after start; safe to call from many threads. ``threads`` bounds the threads of one run
    of a network (0: one a core), ``provider`` is where networks run (cpu or cuda).

    Raises PackNotInstalled where the pack lacks a model that is needed, ManifestInvalid for a
    family this engine does not run, ProviderMissing.
    """

    def __init__(self, pack: InstalledPack, *, threads: int = 0, provider: str = "cpu") -> None:
        def session(path: Path) -> Session:
            return Session(path, threads=threads, provider=provider)

        self._manifest = pack.manifest
        self._detector = _of_family(pack, "detector", DETECTORS)(session(pack.path("detector")))
        self._embedder = _of_family(pack, "template", EMBEDDERS)(session(pack.path("template")))
        self._predictor: PointPredictor = _predictor(pack.path("five_points"))
        self._age = _classifier(pack, "age", session)
        self._gender = _classifier(pack, "gender", session)

    @property
    def model(self) -> str:
        return self._manifest.identity

    @property
    def dimension(self) -> int:
        return self._manifest.dimension

    @property
    def calibration(self) -> Calibration:
        return self._manifest.calibration

    @property
    def face_tracker(self) -> FaceTracker | None:
        """None: this engine does not fit meshes."""
        return None

    def detect(self, image: Image) -> Sequence[DetectedFace]:
        """Every face of the picture, the largest first; empty where there is none."""
        return self._detector.detect(image)

    def templates(self, image: Image, faces: Sequence[DetectedFace]) -> Sequence[Template]:
        """One template a face, in the order given."""
        if not faces:
            return []
        chips = [
            align.chip(image, points, size=dlib_templates.CHIP_SIDE, padding=dlib_templates.PADDING)
            for points in self._points(image, faces)
        ]
        return [Template(vector, self.model) for vector in self._embedder.templates(chips)]

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
            ages = age_gender.ages(_classes(age, image, points)) if age else blank
            genders = age_gender.genders(_classes(gender, image, points)) if gender else blank
        angles = (
            [_quarter_turns(face.landmarks) for face in faces]
            if Attribute.FACE_ANGLE in wanted
            else blank
        )
        return [
            Attributes(gender=one, age=years, face_angle=angle)
            for one, years, angle in zip(genders, ages, angles, strict=True)
        ]

    def warm_up(self) -> None:
        """Runs every model once on a synthetic picture, so that the first request need not."""
        image = np.full((480, 640, 3), 128, dtype=np.uint8)
        self.detect(image)
        landmarks = (align.MEAN_LANDMARKS * 200 + 100).astype(np.float32)
        box = BoundingBox(width=200, height=200, top_left_x=100, top_left_y=100)
        faces = [DetectedFace(box, landmarks, 1.0)]
        self.templates(image, faces)
        self.attributes(image, faces, frozenset(Attribute))

    def _points(self, image: Image, faces: Sequence[DetectedFace]) -> NDArray[np.float32]:
        frames = np.stack([align.square(face.landmarks) for face in faces])
        return self._predictor.points(image, frames)


def _of_family(pack: InstalledPack, role: str, families: Mapping[str, Maker]) -> Maker:
    file = pack.manifest.file(role)
    if file is None or file.family not in families:
        known = ", ".join(families)
        raise ManifestInvalid(f"{pack.manifest.name}: {role} must be of a known family: {known}")
    return families[file.family]


def _predictor(path: Path) -> PointPredictor:
    try:
        return read_shape_predictor(path.read_bytes())
    except (OSError, DlibFormatInvalid) as error:
        raise PackNotInstalled(f"{path} cannot be used: {error}") from None


def _classifier(
    pack: InstalledPack, role: str, session: Callable[[Path], Session]
) -> Classifier | None:
    """The pack's model of that role, or None where it has none."""
    file = pack.manifest.file(role)
    if file is None:
        return None
    if file.input is None or file.input.width is None:
        raise ManifestInvalid(f"{pack.manifest.name}: {role} needs the size of its input")
    return Classifier(session(pack.path(role)), file.input)


def _classes(
    classifier: Classifier, image: Image, points: NDArray[np.float32]
) -> NDArray[np.float32]:
    side = classifier.side
    return classifier.probabilities(
        [align.chip(image, one, size=side, padding=age_gender.PADDING) for one in points]
    )


def _quarter_turns(landmarks: NDArray[np.float32]) -> int:
    """The face's clockwise rotation to the nearest quarter turn: 0, 90, 180 or 270 degrees."""
    return round(align.clockwise_angle(landmarks) / 90) % 4 * 90
