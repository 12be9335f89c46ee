"""The routes: one line an operation. Whatever is not here does not exist.

``{version}`` stands for v1 and v2, which share every path and handler (spec 1.3). A route that
is not marked public is closed to callers without credentials.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote

from openfrs.api import (
    action_liveness,
    compare,
    console,
    detect,
    documentation,
    face_query,
    face_sets,
    faces,
    health,
    iam,
    iam_keys,
    iam_projects,
    iam_users,
    metrics,
    search,
    service,
    silent_liveness,
    subscription,
    thumbnails,
)
from openfrs.api.operation import VERSIONS, Operation
from openfrs.domain.errors import RouteUnknown

REST = "*}"
"""How a path ends whose last parameter takes whatever follows, slashes and all, even nothing."""

SETS = "/{version}/{project_id}/face-sets"
SET = SETS + "/{face_set_name}"
FACES = SET + "/faces"
PROJECTS = "/v3/projects"
USERS = "/v3/users"
USER = USERS + "/{user_id}"
KEYS = "/v3.0/OS-CREDENTIAL/credentials"
OWN = "/openfrs/v1"
"""What the vendor's service does not have."""
OWN_SET = OWN + "/{project_id}/face-sets/{face_set_name}"

OPERATIONS: tuple[Operation, ...] = (
    Operation("CreateFaceSet", "POST", SETS, face_sets.create, "face-sets"),
    Operation("ShowAllFaceSets", "GET", SETS, face_sets.show_all, "face-sets"),
    Operation("ShowFaceSet", "GET", SET, face_sets.show, "face-sets"),
    Operation("DeleteFaceSet", "DELETE", SET, face_sets.delete, "face-sets"),
    Operation("AddFaces", "POST", FACES, faces.add, "faces", pictures=True),
    Operation("ShowFaces", "GET", FACES, faces.show, "faces"),
    Operation("UpdateFace", "PUT", FACES, faces.update, "faces"),
    Operation("DeleteFace", "DELETE", FACES, faces.delete, "faces"),
    Operation("BatchDeleteFaces", "DELETE", FACES + "/batch", faces.delete_batch, "faces"),
    Operation(
        "SearchFace",
        "POST",
        SET + "/search",
        search.search_faces,
        "search",
        pictures=True,
        reads=True,
    ),
    Operation(
        "DetectFace",
        "POST",
        "/{version}/{project_id}/face-detect",
        detect.detect_faces,
        "detect",
        pictures=True,
        reads=True,
    ),
    Operation(
        "CompareFace",
        "POST",
        "/{version}/{project_id}/face-compare",
        compare.compare_faces,
        "compare",
        pictures=True,
        reads=True,
    ),
    Operation(
        "DetectLiveFace",
        "POST",
        "/{version}/{project_id}/live-detect-face",
        silent_liveness.detect_live_face,
        "live-detect-face",
        pictures=True,
        reads=True,
    ),
    Operation(
        "DetectLive",
        "POST",
        "/{version}/{project_id}/live-detect",
        action_liveness.detect_live,
        "live-detect",
        pictures=True,
        reads=True,
    ),
    Operation(
        "ShowSubscription",
        "GET",
        "/{version}/{project_id}/subscribe",
        subscription.show,
        "face-sets",
    ),
    Operation(
        "ShowThumbnail",
        "GET",
        OWN_SET + "/faces/{face_id}/thumbnail",
        thumbnails.show,
        "openfrs",
    ),
    Operation("CreateToken", "POST", "/v3/auth/tokens", iam.create_token, "iam", public=True),
    # Whoever holds the token in X-Subject-Token may ask what it says: it is its own credential.
    Operation("ShowToken", "GET", "/v3/auth/tokens", iam.show_token, "iam", public=True),
    Operation("ListProjects", "GET", PROJECTS, iam_projects.show_all, "iam"),
    Operation("CreateProject", "POST", PROJECTS, iam_projects.create, "iam"),
    Operation("ShowProject", "GET", PROJECTS + "/{id}", iam_projects.show, "iam"),
    Operation("DeleteProject", "DELETE", PROJECTS + "/{id}", iam_projects.delete, "iam"),
    Operation("ListUsers", "GET", USERS, iam_users.show_all, "iam"),
    Operation("CreateUser", "POST", USERS, iam_users.create, "iam"),
    Operation("ShowUser", "GET", USER, iam_users.show, "iam"),
    Operation("UpdateUser", "PATCH", USER, iam_users.update, "iam"),
    Operation("DeleteUser", "DELETE", USER, iam_users.delete, "iam"),
    Operation("ChangePassword", "POST", USER + "/password", iam_users.change_password, "iam"),
    Operation("ListAccessKeys", "GET", KEYS, iam_keys.show_all, "iam"),
    Operation("CreateAccessKey", "POST", KEYS, iam_keys.create, "iam"),
    Operation("ShowAccessKey", "GET", KEYS + "/{access_key}", iam_keys.show, "iam"),
    Operation("DeleteAccessKey", "DELETE", KEYS + "/{access_key}", iam_keys.delete, "iam"),
    Operation("ShowService", "GET", OWN + "/service", service.show, "openfrs"),
    Operation("ShowFaceSetOptions", "GET", OWN_SET, face_sets.show_options, "openfrs"),
    Operation(
        "QueryFaces",
        "POST",
        OWN_SET + "/faces/query",
        face_query.query,
        "openfrs",
        reads=True,
    ),
    Operation(
        "ShowDocument",
        "GET",
        "/openapi.json",
        lambda _call: documentation.document(OPERATIONS),
        "gateway",
        public=True,
    ),
    Operation(
        "ShowPage",
        "GET",
        "/docs",
        lambda _call: documentation.page(OPERATIONS),
        "gateway",
        public=True,
    ),
    Operation("Health", "GET", "/healthz", health.alive, "gateway", public=True),
    Operation("Readiness", "GET", "/readyz", health.ready, "gateway", public=True),
    # Asks for a token of its own, and is not there where the operator has set none.
    Operation("Metrics", "GET", "/metrics", metrics.show, "gateway", public=True),
)

PAGES: tuple[Operation, ...] = (
    Operation("Console", "GET", "/console", console.enter, "gateway", public=True),
    Operation("ConsoleFile", "GET", "/console/{file*}", console.show, "gateway", public=True),
)
"""Files for browsers, which the description of the interface leaves out."""


@dataclass(frozen=True, slots=True)
class Match:
    """An operation and the decoded parameters of its path."""

    operation: Operation
    path: Mapping[str, str]


_PATTERNS = [(operation, operation.path[1:].split("/")) for operation in OPERATIONS + PAGES]


def match(method: str, raw_path: str) -> Match:
    """What answers a request. Raises RouteUnknown.

    The path is split first and decoded afterwards, so that a ``%2F`` stays inside its segment.
    """
    if "://" in raw_path:  # the absolute form, which any server has to take (RFC 9112, 3.2.2)
        raw_path = "/" + raw_path.split("://", 1)[1].partition("/")[2]
    segments = [unquote(segment) for segment in raw_path[1:].split("/")]
    for operation, pattern in _PATTERNS:
        if operation.answers(method):
            path = _parameters(pattern, segments)
            if path is not None:
                return Match(operation, path)
    raise RouteUnknown


def _parameters(pattern: list[str], segments: list[str]) -> dict[str, str] | None:
    found = {}
    if pattern[-1].endswith(REST):
        pattern, name = pattern[:-1], pattern[-1][1 : -len(REST)]
        segments, rest = segments[: len(pattern)], segments[len(pattern) :]
        if not rest:
            return None
        found[name] = "/".join(rest)
    if len(pattern) != len(segments):
        return None
    for expected, segment in zip(pattern, segments, strict=True):
        if not expected.startswith("{"):
            if segment != expected:
                return None
        elif not segment or (expected == "{version}" and segment not in VERSIONS):
            return None
        else:
            found[expected[1:-1]] = segment
    if found.get("project_id") == "{project_id}":
        raise RouteUnknown("the client sent {project_id} itself; give it a project id")
    return found
