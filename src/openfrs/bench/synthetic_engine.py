"""A face engine that costs nothing, so that what is measured is everything but the engine."""

from collections.abc import Sequence

import numpy as np

from openfrs.domain.attributes import Attribute, Attributes
from openfrs.domain.faces import BoundingBox, DetectedFace, Image, Template, Vector
from openfrs.domain.scores import Calibration

MODEL = "synthetic@1"
BOX = BoundingBox(96, 128, 10, 10)


class SyntheticEngine:
    """Sees one face in every picture. Satisfies FaceEngine and AttributeEstimator.

    A picture is the bytes of a template: (1, 4 * D) uint8.
    """

    model = MODEL
    calibration = Calibration(((-1.0, 0.0), (0.0, 0.3), (0.4, 0.93), (1.0, 1.0)))

    def __init__(self, dimension: int) -> None:
        self.dimension = dimension

    @property
    def face_tracker(self) -> None:
        return None

    def detect(self, image: Image) -> Sequence[DetectedFace]:  # noqa: ARG002 - all are alike
        return [DetectedFace(BOX, np.zeros((5, 2), np.float32), 1.0)]

    def templates(self, image: Image, faces: Sequence[DetectedFace]) -> Sequence[Template]:
        return [Template(image.view(np.float32)[0], MODEL) for _ in faces]

    def attributes(
        self,
        image: Image,  # noqa: ARG002
        faces: Sequence[DetectedFace],
        wanted: frozenset[Attribute],  # noqa: ARG002
    ) -> Sequence[Attributes]:
        return [Attributes() for _ in faces]


def picture_of(template: Vector) -> Image:
    """The picture in which the engine sees that template."""
    return np.ascontiguousarray(template, np.float32)[np.newaxis].view(np.uint8)
