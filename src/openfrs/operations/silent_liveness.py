"""Whether a picture's largest face is that of a person before the camera (spec 3.14, 8.2)."""

from dataclasses import dataclass

from openfrs.domain.attributes import Attribute, Attributes
from openfrs.domain.errors import LivenessUnavailable, NoFaceDetected, SeveralFaces
from openfrs.domain.faces import DetectedFace
from openfrs.domain.liveness import LivenessWarning, SilentVerdict, faults
from openfrs.domain.pictures import PictureSource
from openfrs.domain.ports import AttributeEstimator, FaceEngine, SilentLivenessDetector
from openfrs.domain.stages import Step, stage
from openfrs.operations.recognition import ReadPicture

CONFIDENCE_DIGITS = 6


@dataclass(frozen=True, slots=True)
class SilentChecks:
    """How one picture is judged.

    ``detector`` is None where no liveness pack is installed; ``missing`` says then how to have
    one. A confidence of at least ``threshold`` is called alive. With ``single``, a picture that
    shows several faces is refused; without, the largest is judged.
    """

    detector: SilentLivenessDetector | None
    missing: str = ""
    threshold: float = 0.5
    single: bool = False


def detect_live_face(
    engine: FaceEngine,
    estimator: AttributeEstimator,
    checks: SilentChecks,
    read: ReadPicture,
    picture: PictureSource,
) -> SilentVerdict:
    """The verdict on the picture's largest face.

    Raises LivenessUnavailable without a liveness pack, SeveralFaces where one alone is allowed,
    and a leaf of ImageRefused, NoFaceDetected among them.
    """
    if checks.detector is None:
        raise LivenessUnavailable(checks.missing)
    image = read(picture)
    with stage(Step.DETECT):
        faces = engine.detect(image)
    if not faces:
        raise NoFaceDetected
    if checks.single and len(faces) > 1:
        raise SeveralFaces(f"the picture shows {len(faces)}, and this server takes one alone")
    face = faces[0]
    with stage(Step.LIVENESS):
        confidence = round(checks.detector.live_score(image, face), CONFIDENCE_DIGITS)
    wanted = frozenset({Attribute.QUALITY, Attribute.HEAD_POSE})
    with stage(Step.ATTRIBUTES):
        [measured] = estimator.attributes(image, [face], wanted)
    return SilentVerdict(
        alive=confidence >= checks.threshold,
        confidence=confidence,
        picture=image,
        warnings=_warnings(face, measured, len(faces)),
    )


def _warnings(face: DetectedFace, measured: Attributes, count: int) -> list[LivenessWarning]:
    box = face.bounding_box
    found = faults(min(box.width, box.height), measured.quality, measured.head_pose)
    return [*found, LivenessWarning.SEVERAL_FACES] if count > 1 else found
