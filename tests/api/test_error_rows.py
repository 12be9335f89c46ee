"""Every row of the table of error codes is reached by a request, and looks as the row says."""

import threading
from base64 import b64encode
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from starlette.testclient import TestClient

from openfrs.api.error_codes import ANY, ERROR_CODES, INTERNAL_ERROR, ErrorCode, Shape
from openfrs.app import create_app
from openfrs.domain import errors
from openfrs.domain.attributes import Attribute, Attributes
from openfrs.domain.faces import BoundingBox, DetectedFace, Enrolment, Image, Template
from openfrs.domain.limits import CAPACITY_STEP
from openfrs.openers import url_policy, video_opener
from openfrs.testing import DIMENSION, FakeEngine, FakeLiveness, TestService, make_service, picture
from tests.api.calls import GREEN, RED, add, make_set, text, whole_token
from tests.videos.clips import colour_square, video

SIGNATURE = "SDK-HMAC-SHA256 Access={}, SignedHeaders=host;x-sdk-date, Signature=" + "0" * 64


@pytest.fixture
def service(tmp_path: Path, forbidding_host: str) -> Iterator[TestService]:
    bucket = tmp_path / "bucket"
    bucket.mkdir()
    (bucket / "empty.png").touch()
    settings: dict[str, Any] = {
        "image_url_buckets": [f"bucket={bucket}"],
        "image_url_hosts": [forbidding_host],
        "image_url_private_hosts": ["127.0.0.1"],
        "face_sets": 2,
    }
    with make_service(tmp_path / "data", **settings) as running:
        make_set(running, face_set_capacity=CAPACITY_STEP)
        yield running


@pytest.fixture(scope="session")
def forbidding_host() -> Iterator[str]:
    """A web server on loopback that answers 403 to everything."""

    class Forbid(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_error(403)

        def log_message(self, *_: object) -> None: ...

    server = HTTPServer(("127.0.0.1", 0), Forbid)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def post(rest: str, **body: Any) -> Callable[[TestService], Any]:
    return lambda service: service.client.post(service.path(rest), json=body)


def raw(rest: str, content: bytes, **headers: str) -> Callable[[TestService], Any]:
    return lambda service: service.client.post(
        service.path(rest),
        content=content,
        headers={name.replace("_", "-"): value for name, value in headers.items()},
    )


def get(rest: str, **headers: str) -> Callable[[TestService], Any]:
    return lambda service: service.client.get(
        service.path(rest),
        headers={name.replace("_", "-"): value for name, value in headers.items()},
    )


def delete(rest: str) -> Callable[[TestService], Any]:
    return lambda service: service.client.delete(service.path(rest))


def sign_in(service: TestService, **change: Any) -> Any:
    user = {
        "name": service.established.user,
        "password": service.established.password,
        "domain": {"name": service.established.domain},
    }
    body = {
        "auth": {
            "identity": {"methods": ["password"], "password": {"user": user | change}},
            "scope": {"project": {"id": change.get("project", service.established.project_id)}},
        }
    }
    return service.client.post("/v3/auth/tokens", json=body)


def with_signature(service: TestService, path: str, access_key: str) -> Any:
    now = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    headers = {"Authorization": SIGNATURE.format(access_key), "X-Sdk-Date": now}
    service.client.headers.pop("X-Auth-Token", None)
    return service.client.get(path, headers=headers)


def locked_key(service: TestService, path: str) -> Any:
    key = service.established.access_key
    return [with_signature(service, path, key) for _ in range(6)][-1]


def expired(service: TestService) -> str:
    sign_in_operation = service.openfrs.services.sign_in
    user = service.openfrs.services.credentials.user(name=service.established.user)
    assert user is not None
    long_ago = datetime.now(UTC) - timedelta(days=2)
    token, _ = sign_in_operation.issue_token(user.user_id, user.generation, None, long_ago)
    return token


def full_set(service: TestService) -> Any:
    services = service.openfrs.services
    face_set = services.face_sets.face_set(service.established.project_id, "staff")
    vector = np.eye(1, DIMENSION, dtype=np.float32)[0]
    enrolment = Enrolment(Template(vector, FakeEngine.model), BoundingBox(1, 1, 0, 0), "a", {})
    services.faces.add_faces(face_set, [enrolment] * CAPACITY_STEP)
    return post("face-sets/staff/faces", image_base64=text(RED))(service)


def other_pack(service: TestService) -> Any:
    class OtherEngine(FakeEngine):
        model = "other@1"

    with make_service(
        service.openfrs.settings.data_dir, engine=OtherEngine(), established=service.established
    ) as other:
        return post("face-sets/staff/faces", image_base64=text(RED))(other)


def live(**body: Any) -> Callable[[TestService], Any]:
    """A request for live-detect; the video is one that no other fault is found with."""

    def request(service: TestService) -> Any:
        clip = video(colour_square([(0.5, 0.5)] * 20), rate=10)
        fields = {"video_base64": b64encode(clip).decode(), "actions": "1"} | body
        return service.client.post(service.path("live-detect"), json=fields)

    return request


def cut_off_video(service: TestService) -> Any:
    clip = video(colour_square([(0.5, 0.5)] * 20))
    return live(video_base64=b64encode(clip[:800]).decode())(service)


def short_video(service: TestService) -> Any:
    clip = video(colour_square([(0.5, 0.5)] * 5))
    return live(video_base64=b64encode(clip).decode())(service)


def large_video(service: TestService) -> Any:
    small = replace(service.openfrs.services.limits, video_bytes=1000)
    opener = video_opener(small, url_policy(service.openfrs.settings))
    gateway = create_app(
        replace(service.openfrs, services=replace(service.openfrs.services, open_video=opener))
    )
    with TestClient(gateway) as client:
        client.headers.update(service.client.headers)
        return live()(replace(service, client=client))


def no_mesh(service: TestService) -> Any:
    class BlindEngine(FakeEngine):
        face_tracker = None  # type: ignore[assignment]

    with make_service(
        service.openfrs.settings.data_dir, engine=BlindEngine(), established=service.established
    ) as other:
        return live()(other)


def no_quality(service: TestService) -> Any:
    class Unmeasuring(FakeEngine):
        def attributes(
            self,
            image: Image,  # noqa: ARG002
            faces: Sequence[DetectedFace],
            wanted: frozenset[Attribute],  # noqa: ARG002
        ) -> Sequence[Attributes]:
            return [Attributes()] * len(faces)

    with make_service(
        service.openfrs.settings.data_dir, engine=Unmeasuring(), established=service.established
    ) as other:
        return post(FACES, image_base64=text(RED), quality_gate={"blur": 0.5})(other)


def with_liveness(**body: Any) -> Callable[[TestService], Any]:
    """The passive check of a server that has the models for it and takes one face alone."""

    def ask(service: TestService) -> Any:
        with make_service(
            service.openfrs.settings.data_dir,
            liveness=FakeLiveness(),
            established=service.established,
            liveness_faces="single",
        ) as other:
            return post("live-detect-face", **body)(other)

    return ask


def without_token(service: TestService, path: str) -> Any:
    service.client.headers.pop("X-Auth-Token")
    return service.client.get(path)


def iam_post(rest: str, **body: Any) -> Callable[[TestService], Any]:
    """A request with the administrator's token that is not limited to a project."""

    def ask(service: TestService) -> Any:
        return service.client.post(f"/v3/{rest}", json=body, headers=whole_token(service))

    return ask


def as_a_user(service: TestService) -> Any:
    user = {"name": "eve", "password": "long enough"}
    iam_post("users", user=user)(service)
    return service.client.get("/v3/users", headers=whole_token(service, **user))


def third_set(service: TestService) -> Any:
    make_set(service, "second")
    return make_set(service, "third")


FACES = "face-sets/staff/faces"
SEARCH = "face-sets/staff/search"
TOKENS = "/v3/auth/tokens"
PROJECTS = "/v3/projects"

SCENARIOS: dict[tuple[type[errors.FRSError], str], Callable[[TestService], Any]] = {
    (errors.MissingHeader, ANY): raw("face-sets", b"{}", content_type=""),
    (errors.MissingHeader, "iam"): lambda s: s.client.get(TOKENS),
    (errors.MissingParameter, ANY): post("face-sets"),
    (errors.MalformedParameter, ANY): post("face-sets", face_set_name="a b"),
    (errors.MalformedBody, ANY): raw("face-sets", b"{", content_type="application/json"),
    (errors.BodyTooLarge, ANY): raw(FACES, b"a" * (9 << 20), content_type="application/json"),
    (errors.FilterMalformed, ANY): post(SEARCH, image_base64="a", filter="floor"),
    (errors.ReturnFieldNotDefined, ANY): post(SEARCH, image_base64="a", return_fields=["x"]),
    (errors.SortNotSupported, ANY): post(SEARCH, image_base64="a", sort=[{"badge": "asc"}]),
    (errors.FieldNotDefined, ANY): post(FACES, image_base64="a", external_fields={"x": 1}),
    (errors.FieldTypeMismatch, ANY): post(FACES, image_base64="a", external_fields={"floor": "x"}),
    (errors.FaceSetNotFound, ANY): get("face-sets/none"),
    (errors.FaceNotFound, ANY): delete(FACES + "?face_id=Zx81mQpL"),
    (errors.FaceNotFound, "search"): post(SEARCH, face_id="Zx81mQpL"),
    (errors.NothingMatched, ANY): delete(FACES + "?external_image_id=a"),
    (errors.NothingToDelete, ANY): lambda s: s.client.request(
        "DELETE", s.path(FACES + "/batch"), json={"filter": "floor:1"}
    ),
    (errors.FaceSetExists, ANY): post("face-sets", face_set_name="staff"),
    (errors.TooManyFaceSets, ANY): third_set,
    (errors.FaceSetFull, ANY): full_set,
    (errors.ImageNotBase64, ANY): post(FACES, image_base64="%"),
    (errors.ImageFormatUnsupported, ANY): post(FACES, image_base64="aGVsbG8="),
    (errors.ImageDimensionsRefused, ANY): lambda s: s.client.post(
        s.path(FACES), files={"image_file": picture(size=4097)}
    ),
    (errors.ImageTooLarge, ANY): lambda s: s.client.post(
        s.path(FACES), files={"image_file": b"a" * ((8 << 20) + 1)}
    ),
    (errors.UrlInvalid, ANY): post(FACES, image_url="ftp://host/x"),
    (errors.UrlNotAllowed, ANY): post(FACES, image_url="https://elsewhere.example/x"),
    (errors.UrlSizeRefused, ANY): post(FACES, image_url="/bucket/empty.png"),
    (errors.UrlObjectMissing, ANY): post(FACES, image_url="/bucket/none.png"),
    (errors.UrlUnauthorized, ANY): lambda s: post(
        FACES, image_url=f"http://{s.openfrs.settings.image_url_hosts[0]}/x"
    )(s),
    (errors.NoFaceDetected, "faces"): post(FACES, image_base64=text()),
    (errors.NoFaceDetected, "search"): post(SEARCH, image_base64=text()),
    (errors.NoFaceDetected, "compare"): post(
        "face-compare", image1_base64=text(), image2_base64=text()
    ),
    (errors.FaceTooSmall, ANY): post(
        FACES, image_base64=text(RED), quality_gate={"face_pixels": 80}
    ),
    (errors.QualityRefused, ANY): post(FACES, image_base64=text(RED), quality_gate={"blur": 0.1}),
    (errors.QualityUnavailable, ANY): no_quality,
    (errors.NoFaceDetected, "live-detect-face"): with_liveness(image_base64=text()),
    (errors.SeveralFaces, ANY): with_liveness(image_base64=text(RED, GREEN)),
    (errors.CredentialsMissing, ANY): lambda s: without_token(s, s.path("face-sets")),
    (errors.CredentialsMissing, "iam"): lambda s: without_token(s, PROJECTS),
    (errors.TokenUnreadable, ANY): get("face-sets", X_Auth_Token="x"),
    (errors.TokenUnreadable, "iam"): lambda s: s.client.get(
        TOKENS, headers={"X-Subject-Token": "x"}
    ),
    (errors.TokenExpired, ANY): lambda s: get("face-sets", X_Auth_Token=expired(s))(s),
    (errors.TokenExpired, "iam"): lambda s: s.client.get(
        TOKENS, headers={"X-Subject-Token": expired(s)}
    ),
    (errors.SignatureWrong, ANY): lambda s: with_signature(
        s, s.path("face-sets"), s.established.access_key
    ),
    (errors.SignatureWrong, "iam"): lambda s: with_signature(s, PROJECTS, s.established.access_key),
    (errors.AccessKeyUnknown, ANY): lambda s: with_signature(s, s.path("face-sets"), "AK1"),
    (errors.AccessKeyUnknown, "iam"): lambda s: with_signature(s, PROJECTS, "AK1"),
    (errors.AccessKeyLocked, ANY): lambda s: locked_key(s, s.path("face-sets")),
    (errors.AccessKeyLocked, "iam"): lambda s: locked_key(s, PROJECTS),
    (errors.PasswordWrong, "iam"): lambda s: sign_in(s, password="wrong"),
    (errors.AccountLocked, "iam"): lambda s: [sign_in(s, password="wrong") for _ in range(6)][-1],
    (errors.ProjectMismatch, ANY): lambda s: s.client.get(f"/v2/{'0' * 32}/face-sets"),
    (errors.ProjectMismatch, "iam"): lambda s: sign_in(s, project="0" * 32),
    (errors.MalformedParameter, "iam"): iam_post(
        "users", user={"name": "a b", "password": "x" * 8}
    ),
    (errors.AdministratorOnly, "iam"): as_a_user,
    (errors.CredentialLimited, "iam"): lambda s: s.client.get("/v3/users"),
    (errors.AccountNotFound, "iam"): lambda s: s.client.get(f"{PROJECTS}/{'0' * 32}"),
    (errors.AccountConflict, "iam"): iam_post("projects", project={"name": "local-1"}),
    (errors.TemplateModelMismatch, ANY): other_pack,
    (errors.ImageNotBase64, "live-detect"): live(video_base64="?"),
    (errors.VideoUnreadable, ANY): live(video_base64="aGVsbG8="),
    (errors.VideoDamaged, ANY): cut_off_video,
    (errors.VideoLengthRefused, ANY): short_video,
    (errors.VideoTooLarge, ANY): large_video,
    (errors.ActionNotSupported, ANY): live(actions="1,6"),
    (errors.TooManyActions, ANY): live(actions=",".join("1" * 11)),
    (errors.LivenessUnavailable, ANY): no_mesh,
    (errors.RouteUnknown, ANY): get("face-sets/staff/none"),
    (errors.UriTooLong, ANY): get("face-sets?" + "x" * (32 << 10)),
    (errors.EntityTooLarge, ANY): raw(FACES, b"a" * (13 << 20)),
    (errors.EntityTooLarge, "iam"): lambda s: s.client.post(TOKENS, content=b"a" * (13 << 20)),
    (errors.IamRequestInvalid, "iam"): lambda s: s.client.post(TOKENS, json={"auth": {}}),
}

ROWS = [(fact, family, row) for fact, rows in ERROR_CODES.items() for family, row in rows.items()]


def test_every_row_has_a_scenario_and_every_scenario_a_row() -> None:
    assert {(fact, family) for fact, family, _ in ROWS} == set(SCENARIOS)


def test_every_fact_has_a_row() -> None:
    def leaves(fact: type[errors.FRSError]) -> Iterator[type[errors.FRSError]]:
        children = fact.__subclasses__()
        for child in children:
            yield from leaves(child)
        if not children:
            yield fact

    assert set(leaves(errors.FRSError)) == set(ERROR_CODES)


@pytest.mark.parametrize(
    ("fact", "family", "row"), ROWS, ids=[f"{fact.__name__}-{family}" for fact, family, _ in ROWS]
)
def test_the_row_is_what_the_client_sees(
    service: TestService, fact: type[errors.FRSError], family: str, row: ErrorCode
) -> None:
    check(SCENARIOS[fact, family](service), row)


def check(answer: Any, row: ErrorCode) -> None:
    assert answer.status_code == row.status
    assert len(answer.headers["X-Request-Id"]) == 32
    assert answer.headers["Content-Type"] == "application/json; charset=UTF-8"
    body = answer.json()
    if row.shape is Shape.IAM:
        assert set(body) == {"error"}
        assert set(body["error"]) == {"code", "message", "title"}
        assert answer.headers["X-IAM-Trace-Id"]
        body = {"error_code": row.code, "error_msg": body["error"]["message"]}
    elif row.shape is Shape.GATEWAY:
        assert body.pop("request_id") == answer.headers["X-Request-Id"]
    assert set(body) == {"error_code", "error_msg"}
    assert body["error_code"] == row.code
    start, _, end = row.message.removesuffix(".").partition("%s")
    assert body["error_msg"].startswith(start)
    assert end in body["error_msg"]


@pytest.mark.parametrize("family", INTERNAL_ERROR)
def test_what_nobody_foresaw_is_an_internal_error_without_a_trace(
    tmp_path: Path, family: str
) -> None:
    class BrokenEngine(FakeEngine):
        def detect(self, image: object) -> Any:  # noqa: ARG002
            raise RuntimeError("secret detail")

    with make_service(tmp_path, engine=BrokenEngine()) as service:
        if family == "iam":
            service.openfrs.close()
            answer = sign_in(service)
        else:
            answer = post("face-detect", image_base64=text(RED))(service)
        check(answer, INTERNAL_ERROR[family])
        assert "secret" not in answer.text
        assert "Traceback" not in answer.text


def test_a_refusal_leaves_the_service_as_it_was(service: TestService) -> None:
    assert add(service, RED)
