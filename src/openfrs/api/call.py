"""One request on its way through the service, and what the handlers may use."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from urllib.parse import parse_qsl

from openfrs.api.body import Fields, parse_body
from openfrs.api.metrics_access import MetricsAccess
from openfrs.api.throttle import Throttle
from openfrs.api.wire import B, parse
from openfrs.auth.authenticate import Authenticator
from openfrs.domain.errors import BodyTooLarge
from openfrs.domain.faces import FaceSet
from openfrs.domain.identity import Principal
from openfrs.domain.limits import Limits
from openfrs.domain.model_packs import KnownPack
from openfrs.domain.ports import (
    AttributeEstimator,
    CredentialStore,
    FaceEngine,
    FaceSetStore,
    FaceStore,
)
from openfrs.domain.quality_gate import QualityGate
from openfrs.operations.accounts import HashPassword, Seal
from openfrs.operations.action_liveness import LiveChecks, OpenVideo
from openfrs.operations.identity import SignIn
from openfrs.operations.mirror import Mirror
from openfrs.operations.readiness import Readiness
from openfrs.operations.recognition import ReadPicture
from openfrs.operations.silent_liveness import SilentChecks
from openfrs.operations.thumbnails import Thumbnails


@dataclass(frozen=True, slots=True)
class About:
    """What the service says of itself; ``known_packs`` looks anew each time.

    ``since`` is when the installation was made.
    """

    version: str
    profile: str
    since: datetime
    known_packs: Callable[[], Sequence[KnownPack]]


@dataclass(frozen=True, slots=True)
class Secrets:
    """What turns passwords and secret keys into what the store may hold."""

    hash_password: HashPassword
    seal: Seal


@dataclass(frozen=True)
class Services:
    """Everything that a handler hands to an operation; assembled in app.py.

    ``throttle`` is None where no operation has a rate.
    """

    face_sets: FaceSetStore
    faces: FaceStore
    mirror: Mirror
    engine: FaceEngine
    estimator: AttributeEstimator
    read_picture: ReadPicture
    silent_checks: SilentChecks
    open_video: OpenVideo
    live_checks: LiveChecks
    credentials: CredentialStore
    authenticator: Authenticator
    sign_in: SignIn
    limits: Limits
    throttle: Throttle | None
    face_set_name_pattern: re.Pattern[str]
    quality_gate: QualityGate
    thumbnails: Thumbnails
    console: bool
    about: About
    secrets: Secrets
    readiness: Readiness
    metrics: MetricsAccess | None = None


@dataclass(frozen=True)
class Call:
    """A request whose operation is known and whose body has been read.

    ``raw_path`` and ``query_string`` stand as they came, since signatures cover them;
    ``path`` holds the decoded path parameters. Header names are lower-case. ``client`` is the
    address that the connection comes from.
    """

    services: Services
    method: str
    scheme: str
    raw_path: str
    query_string: str
    path: Mapping[str, str]
    headers: Sequence[tuple[str, str]]
    request_id: str = ""
    client: str = ""
    body: bytes = b""
    principal: Principal | None = None

    def header(self, name: str) -> str:
        """The first header of that lower-case name, or an empty text."""
        return next((value for key, value in self.headers if key == name), "")

    @cached_property
    def parameters(self) -> Sequence[tuple[str, str]]:
        """The query's names and values as they came."""
        return parse_qsl(self.query_string, keep_blank_values=True)

    @cached_property
    def query(self) -> Mapping[str, str]:
        """The query's parameters; of a name given twice, the last counts."""
        return dict(self.parameters)

    @property
    def caller(self) -> Principal:
        """Who is calling; there is somebody wherever a route is not public."""
        assert self.principal is not None
        return self.principal

    @property
    def project_id(self) -> str:
        return self.path["project_id"]

    def fields(self) -> Fields:
        """The named fields of the body. Raises BodyTooLarge and what parse_body raises."""
        limit = self.services.limits.request_bytes
        if len(self.body) > limit:
            raise BodyTooLarge(f"[0, {limit}] bytes")
        return parse_body(self.header("content-type"), self.body)

    def read(self, shape: type[B]) -> B:
        """The body in that shape. Raises what ``fields`` and ``wire.parse`` raise."""
        return parse(shape, self.fields())

    def face_set(self) -> FaceSet:
        """The face set of the path. Raises FaceSetNotFound."""
        return self.services.face_sets.face_set(self.project_id, self.path["face_set_name"])


@dataclass(frozen=True, slots=True)
class Answer:
    """What a handler says: its body, status and further headers.

    The body is sent as JSON; one of bytes is sent as it is, with the ``Content-Type`` that
    ``headers`` names.
    """

    body: object
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
