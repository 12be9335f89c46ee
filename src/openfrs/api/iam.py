"""Tokens and projects as the cloud's identity service shows them (spec 12.1, 12.2)."""

from datetime import datetime
from typing import Literal
from uuid import uuid4

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from openfrs.api.call import Answer, Call
from openfrs.domain.errors import FRSError, IamRequestInvalid, MissingHeader
from openfrs.domain.identity import Domain, Project
from openfrs.operations import identity
from openfrs.operations.identity import Reference, Session

Json = dict[str, object]


class _Shape(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)


class _Named(_Shape):
    id: str | None = None
    name: str | None = None

    def reference(self) -> Reference:
        if not self.id and not self.name:
            raise IamRequestInvalid
        return Reference(self.id or None, self.name or None)


class _User(_Named):
    password: str
    domain: _Named | None = None


class _Password(_Shape):
    user: _User


class _Identity(_Shape):
    methods: list[Literal["password"]] = Field(min_length=1)
    password: _Password


class _Scope(_Shape):
    project: _Named | None = None
    domain: _Named | None = None


class _Auth(_Shape):
    identity: _Identity
    scope: _Scope = _Scope()


class TokenRequest(_Shape):
    """The body of ``POST /v3/auth/tokens``."""

    auth: _Auth


def create_token(call: Call) -> Answer:
    """201 with the token in ``X-Subject-Token``."""
    try:
        auth = TokenRequest.model_validate(call.fields()).auth
    except (ValidationError, FRSError):
        raise IamRequestInvalid from None
    user = auth.identity.password.user
    scope = auth.scope
    token, session = call.services.sign_in.sign_in(
        user.reference(),
        user.password,
        user_domain=user.domain.reference() if user.domain else None,
        project=scope.project.reference() if scope.project else None,
        domain=scope.domain.reference() if scope.domain else None,
    )
    headers = {"X-Subject-Token": token} | trace()
    return Answer({"token": _token(session)}, status=201, headers=headers)


def show_token(call: Call) -> Answer:
    """What the token in ``X-Subject-Token`` stands for."""
    token = call.header("x-subject-token")
    if not token:
        raise MissingHeader("X-Subject-Token")
    session = call.services.sign_in.show_token(token)
    return Answer({"token": _token(session)}, headers={"X-Subject-Token": token} | trace())


def list_projects(call: Call) -> Answer:
    """The caller's projects, of one name if the query gives it.

    The links hold the null values that IAM's own answer has; the clients that stumble over a null
    (spec 14) do not ask here.
    """
    services = call.services
    assert call.principal is not None
    found = identity.projects_of(
        services.credentials, call.principal, call.query.get("name") or None
    )
    domain = services.credentials.domain()
    endpoint = f"{call.scheme}://{call.header('host')}/v3/projects"
    return Answer(
        {
            "projects": [_project(project, domain, endpoint) for project in found],
            "links": {"next": None, "previous": None, "self": endpoint},
        },
        headers=trace(),
    )


def trace() -> dict[str, str]:
    """The header that every answer of the cloud's identity service carries."""
    return {"X-IAM-Trace-Id": f"token_{uuid4().hex}"}


def _project(project: Project, domain: Domain, endpoint: str) -> Json:
    return {
        "domain_id": domain.domain_id,
        "is_domain": False,
        "parent_id": domain.domain_id,
        "name": project.name,
        "description": "",
        "links": {"self": f"{endpoint}/{project.project_id}"},
        "id": project.project_id,
        "enabled": True,
    }


def _token(session: Session) -> Json:
    domain: Json = {"id": session.domain.domain_id, "name": session.domain.name}
    scope: Json = (
        {"domain": domain}
        if session.project is None
        else {
            "project": {
                "domain": domain,
                "id": session.project.project_id,
                "name": session.project.name,
            }
        }
    )
    return {
        "catalog": [],
        "expires_at": _time(session.expires),
        "issued_at": _time(session.issued),
        "methods": ["password"],
        **scope,
        "roles": [{"id": "0", "name": "te_admin" if session.user.administrator else "te_user"}],
        "user": {
            "domain": domain,
            "id": session.user.user_id,
            "name": session.user.name,
            "password_expires_at": "",
        },
    }


def _time(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
