"""JSON Schema of what answers are made of (spec 3, 7, 8).

Answers are made in api/shapes.py; the tests hold each answer that they get against these.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from openfrs.domain.liveness import LivenessWarning

Json = dict[str, Any]

TEXT: Json = {"type": "string"}
WHOLE: Json = {"type": "integer"}
SHARE: Json = {"type": "number", "minimum": 0, "maximum": 1}
YES_NONE: Json = {"enum": ["yes", "none", "unknown"]}
FIELD_TYPE: Json = {"enum": ["string", "integer", "long", "float", "double", "boolean"]}


def record(
    text: str,
    named: Mapping[str, Json] | None = None,
    *,
    optional: Sequence[str] = (),
    **further: Json,
) -> Json:
    """An object with these fields and no others; ``named`` are those that Python cannot name."""
    fields = {**(named or {}), **further}
    return {
        "type": "object",
        "description": text,
        "properties": fields,
        "required": [name for name in fields if name not in optional],
        "additionalProperties": False,
    }


def ref(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}


def listed(item: Json) -> Json:
    return {"type": "array", "items": item}


def said(schema: Json, text: str) -> Json:
    """The schema with a description."""
    return {**schema, "description": text}


FACE_ID = said(TEXT, "Made by the service; unique.")
FACE_SET_ID = said(TEXT, "Made by the service; unique.")
NAME = said(TEXT, "Name of the face set.")
IMAGE_ID = said(TEXT, "The client's own id for the picture; need not be unique.")
SIMILARITY = said(SHARE, "Above 0.93 two pictures usually show one person.")
CONTOUR = ref("Contour")

FACES: dict[str, Json] = {
    "BoundingBox": record(
        "A rectangle in whole pixels of the upright picture.",
        width=WHOLE,
        height=WHOLE,
        top_left_x=WHOLE,
        top_left_y=WHOLE,
    ),
    "FieldDefinitions": {
        "type": "object",
        "description": "Custom fields by name, each with its type.",
        "additionalProperties": record("A custom field.", type=FIELD_TYPE),
    },
    "FieldValues": {
        "type": "object",
        "description": "Values of custom fields by name, each of its defined type.",
        "additionalProperties": {"type": ["string", "number", "boolean"]},
    },
    "FaceSetInfo": record(
        "A face set.",
        face_number=said(WHOLE, "How many faces it holds."),
        external_fields=ref("FieldDefinitions"),
        face_set_id=FACE_SET_ID,
        face_set_name=NAME,
        create_date=said(TEXT, "UTC, as 2026-01-02 03:04:05."),
        face_set_capacity=said(WHOLE, "How many faces it may hold."),
    ),
    "Face": record(
        "An enrolled face.",
        bounding_box=ref("BoundingBox"),
        external_fields=ref("FieldValues"),
        external_image_id=IMAGE_ID,
        face_id=FACE_ID,
    ),
    "FoundFace": record(
        "An enrolled face that is like the one searched for.",
        bounding_box=ref("BoundingBox"),
        external_fields=said(ref("FieldValues"), "Those that return_fields names."),
        external_image_id=IMAGE_ID,
        face_id=FACE_ID,
        similarity=SIMILARITY,
    ),
    "FaceNumber": record(
        "How many faces were changed or removed.",
        face_number=WHOLE,
        face_set_id=FACE_SET_ID,
        face_set_name=NAME,
    ),
}

ATTRIBUTES: dict[str, Json] = {
    "Contour": record(
        "Points in whole pixels of the picture.",
        point=listed(record("A point.", x=WHOLE, y=WHOLE)),
    ),
    "Quality": record(
        "For total_score more is better; for the others more is worse.",
        total_score=SHARE,
        blur=SHARE,
        pose=SHARE,
        occlusion=SHARE,
        illumination=SHARE,
    ),
    "Attributes": record(
        "What was asked for and measured; what no installed model measures is unknown or left out.",
        optional=(
            *("headpose", "gender", "age", "landmark", "dress", "smile", "mask", "hair", "beard"),
            *("phototype", "quality", "expression", "face_angle"),
        ),
        headpose=record(
            "Degrees.",
            yaw_angle={"type": "number"},
            roll_angle={"type": "number"},
            pitch_angle={"type": "number"},
        ),
        gender={"enum": ["male", "female"]},
        age=said(WHOLE, "Years."),
        landmark=record(
            "Contours of the face.",
            eyes_contour=CONTOUR,
            mouth_contour=CONTOUR,
            face_contour=CONTOUR,
            eyebrow_contour=CONTOUR,
            nose_contour=CONTOUR,
        ),
        dress=record(
            "What the face wears; dark are sunglasses.",
            glass={"enum": ["yes", "dark", "none", "unknown"]},
            hat=YES_NONE,
        ),
        smile=YES_NONE,
        mask=YES_NONE,
        hair={"enum": ["long", "short", "unknown"]},
        beard=YES_NONE,
        phototype={"enum": ["idcard", "monitor", "internet photo"]},
        quality=ref("Quality"),
        expression=record(
            "The likeliest mood.",
            type={
                "enum": [
                    *("neutral", "happy", "fear", "surprise", "sad", "angry", "disgust"),
                    "unknown",
                ]
            },
            probability=SHARE,
        ),
        face_angle=said({"enum": [0, 90, 180, 270]}, "Clockwise rotation in degrees."),
    ),
    "DetectedFace": record(
        "A face found in a picture.",
        optional=("attributes",),
        bounding_box=ref("BoundingBox"),
        attributes=ref("Attributes"),
    ),
}

LIVENESS: dict[str, Json] = {
    "Warning": record(
        "A remark that the check makes beside its result.",
        warningCode={"enum": [int(warning) for warning in LivenessWarning]},
        warningMsg=TEXT,
    ),
}
