"""From a picture to faces and templates: the steps that several operations share."""

from collections.abc import Callable

from openfrs.domain.errors import NoFaceDetected, TemplateModelMismatch
from openfrs.domain.faces import DetectedFace, FaceSet, Image, Template, largest
from openfrs.domain.pictures import PictureSource
from openfrs.domain.ports import FaceEngine
from openfrs.domain.stages import Step, stage

ReadPicture = Callable[[PictureSource], Image]
"""Decodes or fetches a picture. Raises a leaf of ImageRefused."""


def largest_face(engine: FaceEngine, image: Image) -> tuple[DetectedFace, Template]:
    """The largest face of the picture with its template. Raises NoFaceDetected."""
    with stage(Step.DETECT):
        face = largest(engine.detect(image))
    if face is None:
        raise NoFaceDetected
    with stage(Step.TEMPLATE):
        [template] = engine.templates(image, [face])
    return face, template


def require_same_model(face_set: FaceSet, engine: FaceEngine) -> None:
    """Raises TemplateModelMismatch where the set's templates are not this engine's."""
    if face_set.model != engine.model:
        raise TemplateModelMismatch(
            f"the face set {face_set.name} was built with model pack {face_set.model}, and this "
            f"server runs {engine.model}: start it with the set's pack, or enrol the faces again"
        )
