"""Face sets and faces, described."""

from openfrs.api import wire
from openfrs.api.openapi.description import Description, Query
from openfrs.api.openapi.facts import BODY, FACE_SET, FILTER, PICTURE, VALUES
from openfrs.api.openapi.schemas import FACE_SET_ID, NAME, TEXT, listed, record, ref
from openfrs.domain import errors

SETS = "Face sets"
FACES = "Faces"

_WHOLE = {"type": "integer", "minimum": 0}
_SET = {
    "face_number": 0,
    "external_fields": {"floor": {"type": "integer"}, "badge": {"type": "string"}},
    "face_set_id": "Q3mZt8aK",
    "face_set_name": "staff",
    "create_date": "2026-01-02 03:04:05",
    "face_set_capacity": 20000,
}
_FACE = {
    "bounding_box": {"width": 110, "height": 112, "top_left_x": 40, "top_left_y": 52},
    "external_fields": {"floor": 3, "badge": "B_12"},
    "external_image_id": "alice",
    "face_id": "Zx81mQpL",
}
_OF_SET = {"face_set_id": "Q3mZt8aK", "face_set_name": "staff"}
_ONE_CHANGED = {"face_number": 1, **_OF_SET}
_INFO = record("A face set.", face_set_info=ref("FaceSetInfo"))
_FACES = record(
    "Faces of a set, in the order of enrolment.",
    face_set_id=FACE_SET_ID,
    face_set_name=NAME,
    faces=listed(ref("Face")),
)

_SUBSCRIBED = record("One of the services.", subscribe_status={"type": "boolean"}, create_time=TEXT)

DESCRIPTIONS = {
    "CreateFaceSet": Description(
        SETS,
        "Create a face set",
        "A face set is a named collection of faces with up to ten typed fields. It is bound to the "
        "model pack in use.",
        body=wire.CreateFaceSet,
        request={
            "face_set_name": "staff",
            "face_set_capacity": 20000,
            "external_fields": {"floor": {"type": "integer"}, "badge": {"type": "string"}},
        },
        schema=_INFO,
        answer={"face_set_info": _SET},
        facts=(*BODY, errors.FaceSetExists, errors.TooManyFaceSets),
    ),
    "ShowAllFaceSets": Description(
        SETS,
        "List the project's face sets",
        "The oldest first; there are no pages.",
        schema=record("Every face set.", face_sets_info=listed(ref("FaceSetInfo"))),
        answer={"face_sets_info": [_SET]},
    ),
    "ShowFaceSet": Description(
        SETS,
        "Show a face set",
        schema=_INFO,
        answer={"face_set_info": _SET},
        facts=FACE_SET,
    ),
    "DeleteFaceSet": Description(
        SETS,
        "Delete a face set with all its faces",
        "Faces and templates are erased and cannot be brought back.",
        schema=record("The set that is gone.", face_set_name=NAME),
        answer={"face_set_name": "staff"},
        facts=FACE_SET,
    ),
    "ShowSubscription": Description(
        SETS,
        "Show what the project has subscribed to",
        "Old clients ask it first: everything that the service can do, since the installation was "
        "made. live_detect_service is false where no installed pack tells liveness.",
        schema=record(
            "The services, and how many face sets the project may have.",
            max_face_set_number=_WHOLE,
            detect_service=_SUBSCRIBED,
            compare_service=_SUBSCRIBED,
            live_detect_service=_SUBSCRIBED,
            search_service=_SUBSCRIBED,
        ),
        answer={
            "max_face_set_number": 10,
            "detect_service": {"subscribe_status": True, "create_time": "2026-01-02 03:04:05"},
            "compare_service": {"subscribe_status": True, "create_time": "2026-01-02 03:04:05"},
            "live_detect_service": {"subscribe_status": True, "create_time": "2026-01-02 03:04:05"},
            "search_service": {"subscribe_status": True, "create_time": "2026-01-02 03:04:05"},
        },
    ),
    "AddFaces": Description(
        FACES,
        "Enrol the faces of a picture",
        "Every face of the picture, or the largest with single. All or none are stored, and the "
        "next search finds them. The picture is not kept.",
        body=wire.AddFaces,
        form=True,
        request={
            "image_base64": "/9j/4AAQSkZJRgABAQAAAQABAAD...",
            "external_image_id": "alice",
            "external_fields": {"floor": 3, "badge": "B_12"},
            "single": True,
        },
        schema=_FACES,
        answer={**_OF_SET, "faces": [_FACE]},
        facts=(
            *BODY,
            *FACE_SET,
            *PICTURE,
            *VALUES,
            errors.NoFaceDetected,
            errors.FaceTooSmall,
            errors.QualityRefused,
            errors.QualityUnavailable,
            errors.TemplateModelMismatch,
            errors.FaceSetFull,
            errors.TooManyFaces,
        ),
    ),
    "ShowFaces": Description(
        FACES,
        "List faces, or show one",
        "A page in the order of enrolment; with face_id that face alone.",
        query=(
            Query("face_id", "The one face to show.", example="Zx81mQpL"),
            Query("offset", "How many faces to pass over; 0 where it is not given.", _WHOLE),
            Query("limit", "How many to answer at most; 5 where it is not given.", _WHOLE),
        ),
        schema=_FACES,
        answer={**_OF_SET, "faces": [_FACE]},
        facts=(*FACE_SET, errors.MalformedParameter, errors.FaceNotFound),
    ),
    "UpdateFace": Description(
        FACES,
        "Change a face's id or fields",
        "What is not named stays; template and box are not touched. The next search knows.",
        body=wire.UpdateFace,
        request={"face_id": "Zx81mQpL", "external_fields": {"floor": 4}},
        schema=ref("FaceNumber"),
        answer=_ONE_CHANGED,
        facts=(*BODY, *FACE_SET, *VALUES, errors.FaceNotFound),
    ),
    "DeleteFace": Description(
        FACES,
        "Delete faces by id, picture id or a field",
        "Exactly one parameter is given. One that is none of those below is the name of a custom "
        "field, and every face that has this value goes.",
        query=(
            Query("face_id", "The face to delete; id is taken as well.", example="Zx81mQpL"),
            Query("external_image_id", "Every face with this id goes."),
        ),
        schema=ref("FaceNumber"),
        answer=_ONE_CHANGED,
        facts=(
            *FACE_SET,
            *VALUES,
            errors.MissingParameter,
            errors.MalformedParameter,
            errors.FaceNotFound,
            errors.NothingMatched,
        ),
    ),
    "BatchDeleteFaces": Description(
        FACES,
        "Delete every face that a filter matches",
        body=wire.BatchDelete,
        request={"filter": "floor:[1 TO 2]"},
        schema=ref("FaceNumber"),
        answer={"face_number": 12, **_OF_SET},
        facts=(*BODY, *FACE_SET, *FILTER, errors.NothingToDelete),
    ),
}
