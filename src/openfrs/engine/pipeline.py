"""Pictures in, faces, templates and attributes out: the models of one pack, put together."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from openfrs.domain.attributes import Attribute, Attributes
from openfrs.domain.faces import BoundingBox, DetectedFace, Image, Template, Vector
from openfrs.domain.ports import FaceTracker
from openfrs.domain.scores import Calibration
from openfrs.engine import align, certainty, dlib_templates
from openfrs.engine.bordered_detection import detect_bordered
from openfrs.engine.centerface import CenterFace
from openfrs.engine.dlib_format import DlibFormatInvalid
from openfrs.engine.dlib_templates import DlibTemplates
from openfrs.engine.estimation import Estimation
from openfrs.engine.face_tracker import MeshTracker
from openfrs.engine.installed_pack import InstalledPack
from openfrs.engine.manifest import ManifestInvalid, PackNotInstalled
from openfrs.engine.session import Session
from openfrs.engine.shape_predictor_format import read_shape_predictor
from openfrs.engine.turned_detection import detect_turned, upright

Maker = TypeVar("Maker")


class Detector(Protocol):
    """Finds faces."""

    def detect(self, image: Image) -> Sequence[DetectedFace]:
        """Every face of the picture, the largest first."""

    def certainty(self, chips: Sequence[Image]) -> Sequence[float]:
        """How sure it is of a face in the middle of each chip of engine/certainty.py, 0..1."""


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

        if pack.manifest.templates is None:
            raise ManifestInvalid(f"{pack.manifest.name} is a pack of kind {pack.manifest.kind}")
        self._identity, self._of_templates = pack.manifest.identity, pack.manifest.templates
        self._detector = _of_family(pack, "detector", DETECTORS)(session(pack.path("detector")))
        self._embedder = _of_family(pack, "template", EMBEDDERS)(session(pack.path("template")))
        self._predictor: PointPredictor = _predictor(pack.path("five_points"))
        self._estimation = Estimation(pack, session, self._points, self._certainty)

    @property
    def model(self) -> str:
        return self._identity

    @property
    def dimension(self) -> int:
        return self._of_templates.dimension

    @property
    def calibration(self) -> Calibration:
        return self._of_templates.calibration

    @property
    def face_tracker(self) -> FaceTracker | None:
        """What follows a face through a video; None where the pack has no mesh."""
        mesh = self._estimation.mesh
        if mesh is None:
            return None
        return MeshTracker(self.detect_upright, mesh, self.templates)

    def detect_upright(self, image: Image) -> Sequence[DetectedFace]:
        """Every upright face, without trying turned copies where there is none."""
        return self._detector.detect(image)

    def detect(self, image: Image) -> Sequence[DetectedFace]:
        """Every face of the picture, the largest first; empty where there is none.

        Where there is none upright, faces of the picture turned by quarters; where there is none
        at all, those that fill more than the picture.
        """
        faces = self._detector.detect(image)
        mesh = self._estimation.mesh
        if mesh is None or upright(image, faces, mesh):
            return faces
        unsure = max((face.detection_score for face in faces), default=0.0)
        turned = detect_turned(self._detector.detect, mesh, image, above=unsure)
        return turned or faces or detect_bordered(self._detector.detect, mesh, image)

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
        return self._estimation.attributes(image, faces, wanted)

    def warm_up(self) -> None:
        """Runs every model once on a synthetic picture, so that the first request need not."""
        image = np.full((480, 640, 3), 128, dtype=np.uint8)
        self.detect(image)
        landmarks = (align.MEAN_LANDMARKS * 200 + 100).astype(np.float32)
        box = BoundingBox(width=200, height=200, top_left_x=100, top_left_y=100)
        faces = [DetectedFace(box, landmarks, 1.0)]
        self.templates(image, faces)
        self.attributes(image, faces, frozenset(Attribute))

    def _certainty(self, image: Image, faces: Sequence[DetectedFace]) -> Sequence[float]:
        return self._detector.certainty(certainty.chips(image, faces))

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
