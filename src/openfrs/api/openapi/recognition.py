"""Search, comparison, detection and liveness, described."""

from openfrs.api import wire
from openfrs.api.openapi.description import Description
from openfrs.api.openapi.facts import BODY, FACE_SET, FILTER, PICTURE, VIDEO
from openfrs.api.openapi.schemas import SHARE, SIMILARITY, TEXT, listed, record, ref, said
from openfrs.domain import errors

RECOGNITION = "Recognition"
LIVENESS = "Liveness"

_PICTURE = "/9j/4AAQSkZJRgABAQAAAQABAAD..."
_BOX = {"width": 174, "height": 176, "top_left_x": 37, "top_left_y": 43}
_FACE = record("The largest face of the picture.", bounding_box=ref("BoundingBox"))
_JPEG = said(TEXT, "A JPEG in base64.")
_WARNINGS = listed(ref("Warning"))

DESCRIPTIONS = {
    "SearchFace": Description(
        RECOGNITION,
        "Search a face set",
        "The enrolled faces that are most like the largest face of a picture, or like an enrolled "
        "face. The search is exact: every face that passes the filter is looked at.",
        body=wire.Search,
        form=True,
        request={
            "image_base64": _PICTURE,
            "top_n": 5,
            "threshold": 0.93,
            "filter": "floor:[1 TO 5] && (!badge:B_99)",
            "sort": [{"floor": "asc"}],
            "return_fields": ["floor"],
        },
        schema=record("The faces that were found.", faces=listed(ref("FoundFace"))),
        answer={
            "faces": [
                {
                    "bounding_box": _BOX,
                    "external_fields": {"floor": 3},
                    "external_image_id": "alice",
                    "face_id": "Zx81mQpL",
                    "similarity": 0.98721,
                }
            ]
        },
        facts=(
            *BODY,
            *FACE_SET,
            *PICTURE,
            *FILTER,
            errors.SortNotSupported,
            errors.ReturnFieldNotDefined,
            errors.NoFaceDetected,
            errors.FaceNotFound,
            errors.TemplateModelMismatch,
        ),
    ),
    "CompareFace": Description(
        RECOGNITION,
        "Compare two pictures",
        "How alike the largest faces of the two are. The pictures may come in different ways.",
        body=wire.CompareFace,
        form=True,
        request={"image1_base64": _PICTURE, "image2_base64": _PICTURE},
        schema=record(
            "Both faces, and how alike they are.",
            image1_face=_FACE,
            image2_face=_FACE,
            similarity=SIMILARITY,
        ),
        answer={
            "image1_face": {"bounding_box": _BOX},
            "image2_face": {
                "bounding_box": {"width": 118, "height": 118, "top_left_x": 28, "top_left_y": 94}
            },
            "similarity": 0.98711,
        },
        facts=(*BODY, *PICTURE, errors.NoFaceDetected),
    ),
    "DetectFace": Description(
        RECOGNITION,
        "Find the faces of a picture",
        "The largest first, with what was asked for about each. A picture without a face is no "
        "error.",
        body=wire.DetectFace,
        form=True,
        request={"image_base64": _PICTURE, "attributes": "2,12"},
        schema=record("Every face of the picture.", faces=listed(ref("DetectedFace"))),
        answer={
            "faces": [
                {
                    "bounding_box": _BOX,
                    "attributes": {
                        "age": 35,
                        "quality": {
                            "total_score": 0.93,
                            "blur": 0.02,
                            "pose": 0.06,
                            "occlusion": 0.01,
                            "illumination": 0.1,
                        },
                    },
                }
            ]
        },
        facts=(*BODY, *PICTURE),
    ),
    "DetectLiveFace": Description(
        LIVENESS,
        "Is the face of a picture alive?",
        "Tells a face from a picture of one, by the largest face. Needs a liveness model pack.",
        body=wire.LiveDetectFace,
        form=True,
        request={"image_base64": _PICTURE},
        schema=record(
            "The result and what there is to remark.",
            {
                "result": record(
                    "The result.", alive={"type": "boolean"}, confidence=SHARE, picture=_JPEG
                ),
                "warning-list": _WARNINGS,
            },
        ),
        answer={
            "result": {"alive": True, "confidence": 0.97, "picture": _PICTURE},
            "warning-list": [{"warningCode": 102, "warningMsg": "The face is blurred."}],
        },
        facts=(
            *BODY,
            *PICTURE,
            errors.NoFaceDetected,
            errors.SeveralFaces,
            errors.LivenessUnavailable,
        ),
    ),
    "DetectLive": Description(
        LIVENESS,
        "Does the person of a video do what was asked?",
        "Follows the largest face and looks for the actions in their order.",
        body=wire.LiveDetect,
        form=True,
        request={"video_base64": "AAAAIGZ0eXBpc29t...", "actions": "1,3"},
        schema=record(
            "The result and what there is to remark.",
            {
                "video-result": record(
                    "The result; picture is missing where no face was seen.",
                    optional=("picture",),
                    alive={"type": "boolean"},
                    actions=listed(
                        record("An action.", confidence=SHARE, action={"enum": [1, 2, 3, 4, 5]})
                    ),
                    picture=_JPEG,
                ),
                "warning-list": _WARNINGS,
            },
        ),
        answer={
            "video-result": {
                "alive": True,
                "actions": [
                    {"confidence": 0.82, "action": 1},
                    {"confidence": 0.91, "action": 3},
                ],
                "picture": _PICTURE,
            },
            "warning-list": [],
        },
        facts=(
            *BODY,
            *VIDEO,
            errors.ActionNotSupported,
            errors.TooManyActions,
            errors.LivenessUnavailable,
        ),
    ),
}
