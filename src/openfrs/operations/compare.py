"""One to one: are these the same person? (spec 3.12)"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from openfrs.domain.errors import ImageRefused, ImageTooLarge, NoFaceDetected
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

    Raises a leaf of ImageRefused, NoFaceDetected, whose detail names the picture.
    """
    with _named("image1"):
        image1 = read(picture1)
    with _named("image2"):
        image2 = read(picture2)
    with _named("image1"):
        face1, template1 = largest_face(engine, image1)
    with _named("image2"):
        face2, template2 = largest_face(engine, image2)
    score = float(template1.vector.astype("f8") @ template2.vector.astype("f8"))
    return Comparison(face1, face2, engine.calibration.similarity(score))


@contextmanager
def _named(picture: str) -> Iterator[None]:
    """Says in a refusal which of the pictures it is about."""
    try:
        yield
    except (ImageRefused, NoFaceDetected) as refusal:
        named = f"{refusal.detail} ({picture})" if refusal.detail else picture
        raise type(refusal)(named) from refusal
