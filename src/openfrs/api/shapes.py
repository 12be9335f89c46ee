"""How faces, face sets and attributes look in an answer (spec 3, 7).

Every key that the spec promises is there, nothing is null, and no other key appears: the vendor's
older clients evaluate or bind the whole body (spec 14).
"""

from base64 import b64encode
from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict
from typing import TypeVar

from openfrs.domain.attributes import (
    Attribute,
    Attributes,
    Contour,
    Dress,
    Expression,
    HeadPose,
    Landmark,
)
from openfrs.domain.faces import BoundingBox, Candidate, Face, FaceSet
from openfrs.domain.fields import FieldValue
from openfrs.domain.liveness import LivenessWarning
from openfrs.domain.quality import DIGITS, Quality
from openfrs.operations.detect import DescribedFace

DATE = "%Y-%m-%d %H:%M:%S"
"""How the interface writes a time, in UTC."""

Json = dict[str, object]
T = TypeVar("T")

UNKNOWN = "unknown"


def bounding_box(box: BoundingBox) -> Json:
    return {
        "width": box.width,
        "height": box.height,
        "top_left_x": box.top_left_x,
        "top_left_y": box.top_left_y,
    }


def face_set_info(face_set: FaceSet) -> Json:
    """FaceSetInfo; ``external_fields`` are the definitions here."""
    return {
        "face_number": face_set.face_number,
        "external_fields": {name: {"type": str(kind)} for name, kind in face_set.schema.items()},
        "face_set_id": face_set.face_set_id,
        "face_set_name": face_set.name,
        "create_date": face_set.created.strftime(DATE),
        "face_set_capacity": face_set.capacity,
    }


def face_set_options(face_set: FaceSet) -> Json:
    """Without ``retention_days`` where its faces stay until they are deleted."""
    shape: Json = {
        "face_set_id": face_set.face_set_id,
        "face_set_name": face_set.name,
        "model": face_set.model,
        "quality_gate": dict(face_set.quality_gate),
        "thumbnails": face_set.thumbnails,
    }
    if face_set.retention_days is not None:
        shape["retention_days"] = face_set.retention_days
    return shape


def face_set_face(face: Face, fields: Mapping[str, FieldValue] | None = None) -> Json:
    """FaceSetFace, with all its fields or with those given."""
    return {
        "bounding_box": bounding_box(face.bounding_box),
        "external_fields": dict(face.external_fields if fields is None else fields),
        "external_image_id": face.external_image_id,
        "face_id": face.face_id,
    }


def faces_of(face_set: FaceSet, faces: Collection[Face]) -> Json:
    return {
        "face_set_id": face_set.face_set_id,
        "face_set_name": face_set.name,
        "faces": [face_set_face(face) for face in faces],
    }


def face_number(face_set: FaceSet, number: int) -> Json:
    """How many faces an update or delete touched (spec 4.5)."""
    return {
        "face_number": number,
        "face_set_id": face_set.face_set_id,
        "face_set_name": face_set.name,
    }


def search_face(candidate: Candidate, return_fields: Collection[str]) -> Json:
    """SearchFace; ``external_fields`` holds the fields asked for that the face has (spec 6.3)."""
    values = candidate.face.external_fields
    chosen = {name: values[name] for name in return_fields if name in values}
    return {**face_set_face(candidate.face, chosen), "similarity": candidate.similarity}


def detect_face(described: DescribedFace, wanted: Collection[Attribute]) -> Json:
    shape: Json = {"bounding_box": bounding_box(described.face.bounding_box)}
    if wanted:
        shape["attributes"] = attributes(described.attributes, wanted)
    return shape


def warning(found: LivenessWarning) -> Json:
    """An entry of ``warning-list``."""
    return {"warningCode": int(found), "warningMsg": found.message}


def silent_result(*, alive: bool, confidence: float, picture: bytes) -> Json:
    """``result`` of the passive check; ``picture`` is a JPEG file."""
    return {"alive": alive, "confidence": confidence, "picture": b64encode(picture).decode()}


def attributes(found: Attributes, wanted: Collection[Attribute]) -> Json:
    """What was asked for and measured.

    Where nothing is installed that could measure an attribute, its enumeration's ``unknown``
    stands, or the key is left out where there is none (spec 7, notes).
    """
    shapes: dict[Attribute, Json] = {
        Attribute.HEAD_POSE: _known("headpose", found.head_pose, _head_pose),
        Attribute.GENDER: _known("gender", found.gender, str),
        Attribute.AGE: _known("age", found.age, int),
        Attribute.LANDMARK: _known("landmark", found.landmark, _landmark),
        Attribute.DRESS: {"dress": _dress(found.dress)},
        Attribute.SMILE: {"smile": found.smile or UNKNOWN},
        Attribute.MASK: {"mask": found.mask or UNKNOWN},
        Attribute.HAIR: {"hair": found.hair or UNKNOWN},
        Attribute.BEARD: {"beard": found.beard or UNKNOWN},
        Attribute.PHOTOTYPE: _known("phototype", found.phototype, str),
        Attribute.QUALITY: _known("quality", found.quality, _quality),
        Attribute.EXPRESSION: {"expression": _expression(found.expression)},
        Attribute.FACE_ANGLE: _known("face_angle", found.face_angle, int),
    }
    shape: Json = {}
    for attribute in sorted(wanted):
        shape |= shapes[attribute]
    return shape


def _known(key: str, value: T | None, shaped: Callable[[T], object]) -> Json:
    return {} if value is None else {key: shaped(value)}


def _dress(dress: Dress) -> Json:
    return {"glass": dress.glasses or UNKNOWN, "hat": dress.hat or UNKNOWN}


def _expression(expression: Expression | None) -> Json:
    if expression is None:
        return {"type": UNKNOWN, "probability": 0.0}
    return {"type": expression.mood, "probability": round(expression.probability, 4)}


def _head_pose(pose: HeadPose) -> Json:
    return {
        "yaw_angle": round(pose.yaw, 2),
        "roll_angle": round(pose.roll, 2),
        "pitch_angle": round(pose.pitch, 2),
    }


def _landmark(landmark: Landmark) -> Json:
    return {
        "eyes_contour": _contour(landmark.eyes),
        "mouth_contour": _contour(landmark.mouth),
        "face_contour": _contour(landmark.face),
        "eyebrow_contour": _contour(landmark.eyebrows),
        "nose_contour": _contour(landmark.nose),
    }


def _contour(contour: Contour) -> Json:
    return {"point": [{"x": x, "y": y} for x, y in contour]}


def _quality(quality: Quality) -> Json:
    return {name: round(value, DIGITS) for name, value in asdict(quality).items()}
