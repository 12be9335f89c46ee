"""One to one: are these the same person? (spec 3.12)"""

from dataclasses import dataclass

from openfrs.domain.errors import ImageTooLarge
from openfrs.domain.faces import DetectedFace
from openfrs.domain.limits import Limits
from openfrs.domain.pictures import PictureSource, size_sent
from openfrs.domain.ports import FaceEngine
from openfrs.operations.recognition import ReadPicture, largest_face


@dataclass(frozen=True, slots=True)
class Comparison:
    """The largest face of each picture, and their similarity in 0..1."""

    face1: DetectedFace
    face2: DetectedFace
    similarity: float


def check_sizes(picture1: PictureSource, picture2: PictureSource, limits: Limits) -> None:
    """Raises ImageTooLarge where the two pictures together are larger than one may be."""
    if size_sent(picture1) + size_sent(picture2) > limits.picture_bytes:
        raise ImageTooLarge(f"[0, {limits.picture_bytes}] bytes for both pictures")


def pictures(
    engine: FaceEngine, read: ReadPicture, picture1: PictureSource, picture2: PictureSource
) -> Comparison:
    """How similar the largest faces of two pictures are.

    Raises a leaf of ImageRefused, NoFaceDetected.
    """
    image1, image2 = read(picture1), read(picture2)
    face1, template1 = largest_face(engine, image1)
    face2, template2 = largest_face(engine, image2)
    score = float(template1.vector.astype("f8") @ template2.vector.astype("f8"))
    return Comparison(face1, face2, engine.calibration.similarity(score))
