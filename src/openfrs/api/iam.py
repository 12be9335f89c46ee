"""Tokens as the cloud's identity service shows them (spec 12.1), and what its answers share."""

from datetime import UTC, datetime
from uuid import uuid4

from openfrs.api import iam_bodies
from openfrs.api.call import Answer, Call
from openfrs.domain.errors import MissingHeader
from openfrs.operations.identity import Session

Json = dict[str, object]


def create_token(call: Call) -> Answer:
    """201 with the token in ``X-Subject-Token``."""
    auth = iam_bodies.read(call, iam_bodies.TokenRequest).auth
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


def trace() -> dict[str, str]:
    """The header that every answer of the cloud's identity service carries."""
    return {"X-IAM-Trace-Id": f"token_{uuid4().hex}"}


def address(call: Call, path: str) -> str:
    """The address of a path of this server, as the caller reached it."""
    return f"{call.scheme}://{call.header('host')}{path}"


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
        "expires_at": timestamp(session.expires),
        "issued_at": timestamp(session.issued),
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


def timestamp(moment: datetime) -> str:
    """The moment as IAM writes it: UTC, with microseconds."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
