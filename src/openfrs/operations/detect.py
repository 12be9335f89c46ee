"""Every face of a picture, with attributes on request (spec 3.11)."""

from collections.abc import Sequence
from dataclasses import dataclass

from openfrs.domain.attributes import Attribute, Attributes
from openfrs.domain.faces import DetectedFace
from openfrs.domain.pictures import PictureSource
from openfrs.domain.ports import AttributeEstimator, FaceEngine
from openfrs.domain.stages import Step, stage
from openfrs.operations.recognition import ReadPicture


@dataclass(frozen=True, slots=True)
class DescribedFace:
    """A face of a picture and what was measured about it."""

    face: DetectedFace
    attributes: Attributes


def detect(
    engine: FaceEngine,
    estimator: AttributeEstimator,
    read: ReadPicture,
    picture: PictureSource,
    wanted: frozenset[Attribute],
) -> Sequence[DescribedFace]:
    """Every face, the largest first; empty where there is none. Raises a leaf of ImageRefused."""
    image = read(picture)
    with stage(Step.DETECT):
        faces = engine.detect(image)
    if not wanted:
        return [DescribedFace(face, Attributes()) for face in faces]
    with stage(Step.ATTRIBUTES):
        attributes = estimator.attributes(image, faces, wanted)
    return [DescribedFace(face, found) for face, found in zip(faces, attributes, strict=True)]
