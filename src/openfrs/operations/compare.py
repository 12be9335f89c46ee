"""One to one: are these the same person? (spec 3.12)"""

from dataclasses import dataclass

from openfrs.domain.faces import DetectedFace
from openfrs.domain.pictures import PictureSource
from openfrs.domain.ports import FaceEngine
from openfrs.operations.recognition import ReadPicture, largest_face


@dataclass(frozen=True, slots=True)
class Comparison:
    """The largest face of each picture, and their similarity in 0..1."""

    face1: DetectedFace
    face2: DetectedFace
    similarity: float


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
