"""Tokens, users, access keys and projects, described."""

from openfrs.api import iam_bodies
from openfrs.api.openapi.description import Description, Query
from openfrs.api.openapi.facts import IAM_BODY, OTHERS_AFFAIR
from openfrs.api.openapi.schemas import TEXT, Json, listed, record, ref, said
from openfrs.domain import errors

TOKENS = "Tokens"
MANAGING = "Users, keys and projects"

_YES = {"type": "boolean"}
_TRACE = {"X-IAM-Trace-Id": "Names the request in the way of the vendor's IAM."}
_TOKEN_HEADER = {"X-Subject-Token": "The token.", **_TRACE}
_MAYBE: Json = {"type": ["string", "null"]}
_PROJECT_ID = "6d1c2f0e5b8a4c0f9a7e3d2b1c0f9e8d"
_DOMAIN_ID = "0b7e6c1d2f3a4b5c8d9e0f1a2b3c4d5e"
_USER_ID = "a3f1c2d4e5b64788990a1b2c3d4e5f60"
_NAMED = record("By id and name.", id=TEXT, name=TEXT)

SCHEMAS: dict[str, Json] = {
    "NextPage": record(
        "As in the vendor's IAM; there is one page only.", next=_MAYBE, previous=_MAYBE, self=TEXT
    ),
    "Project": record(
        "A tenant's space: face sets belong to one project.",
        domain_id=TEXT,
        is_domain=_YES,
        parent_id=TEXT,
        name=TEXT,
        description=TEXT,
        links=record("Its address.", self=TEXT),
        id=TEXT,
        enabled=_YES,
    ),
    "User": record(
        "administrator and project_ids are our own.",
        id=TEXT,
        name=TEXT,
        domain_id=TEXT,
        enabled=_YES,
        description=TEXT,
        pwd_status=_YES,
        links=record("Its address.", self=TEXT),
        administrator=said(_YES, "May use every project and manage users."),
        project_ids=said(listed(TEXT), "The projects that others may use."),
    ),
    "AccessKey": record(
        "An access key; its secret is shown once, when it is made.",
        optional=("secret",),
        user_id=TEXT,
        access=TEXT,
        secret=TEXT,
        status={"enum": ["active"]},
        create_time=TEXT,
        description=TEXT,
    ),
    "TokenBody": record(
        "What a token stands for; project or domain is its scope.",
        optional=("project", "domain"),
        catalog={"type": "array", "maxItems": 0},
        expires_at=TEXT,
        issued_at=TEXT,
        methods={"type": "array", "items": {"enum": ["password"]}},
        project=record("The project it is good for.", domain=_NAMED, id=TEXT, name=TEXT),
        domain=_NAMED,
        roles=listed(_NAMED),
        user=record("Its user.", domain=_NAMED, id=TEXT, name=TEXT, password_expires_at=TEXT),
    ),
}

_PROJECT = {
    "domain_id": _DOMAIN_ID,
    "is_domain": False,
    "parent_id": _DOMAIN_ID,
    "name": "local-1",
    "description": "",
    "links": {"self": f"http://127.0.0.1:8080/v3/projects/{_PROJECT_ID}"},
    "id": _PROJECT_ID,
    "enabled": True,
}
_USER = {
    "id": _USER_ID,
    "name": "alice",
    "domain_id": _DOMAIN_ID,
    "enabled": True,
    "description": "",
    "pwd_status": True,
    "links": {"self": f"http://127.0.0.1:8080/v3/users/{_USER_ID}"},
    "administrator": False,
    "project_ids": [_PROJECT_ID],
}
_KEY = {
    "user_id": _USER_ID,
    "access": "3Q9XKZ7T2M4N8P6R1S5V",
    "status": "active",
    "create_time": "2026-01-02T03:04:05.000000Z",
    "description": "",
}
_DOMAIN = {"id": _DOMAIN_ID, "name": "openfrs"}
_TOKEN = {
    "token": {
        "catalog": [],
        "expires_at": "2026-01-03T03:04:05.000000Z",
        "issued_at": "2026-01-02T03:04:05.000000Z",
        "methods": ["password"],
        "project": {"domain": _DOMAIN, "id": _PROJECT_ID, "name": "local-1"},
        "roles": [{"id": "0", "name": "te_user"}],
        "user": {"domain": _DOMAIN, "id": _USER_ID, "name": "alice", "password_expires_at": ""},
    }
}


def _links(path: str) -> Json:
    return {"next": None, "previous": None, "self": f"http://127.0.0.1:8080{path}"}


_ONE_PROJECT = record("A project.", project=ref("Project"))
_ONE_USER = record("A user.", user=ref("User"))
_ONE_KEY = record("An access key.", credential=ref("AccessKey"))
_ONE_TOKEN = record("What a token stands for.", token=ref("TokenBody"))
_NAME = Query("name", "The one of this name alone.")

DESCRIPTIONS = {
    "CreateToken": Description(
        TOKENS,
        "Sign in with a password",
        "The token comes in the header X-Subject-Token. With a project scope it is good for that "
        "project alone; without one, for all that its user may do.",
        body=iam_bodies.TokenRequest,
        request={
            "auth": {
                "identity": {
                    "methods": ["password"],
                    "password": {
                        "user": {
                            "name": "alice",
                            "password": "correct horse",
                            "domain": {"name": "openfrs"},
                        }
                    },
                },
                "scope": {"project": {"name": "local-1"}},
            }
        },
        status=201,
        schema=_ONE_TOKEN,
        answer=_TOKEN,
        headers=_TOKEN_HEADER,
        facts=(
            errors.IamRequestInvalid,
            errors.PasswordWrong,
            errors.AccountLocked,
            errors.ProjectMismatch,
        ),
    ),
    "ShowToken": Description(
        TOKENS,
        "Show what a token stands for",
        query=(Query("X-Subject-Token", "The token to show.", header=True),),
        schema=_ONE_TOKEN,
        answer=_TOKEN,
        headers=_TOKEN_HEADER,
        facts=(errors.MissingHeader, errors.TokenUnreadable, errors.TokenExpired),
    ),
    "ListProjects": Description(
        MANAGING,
        "List the projects that the caller may use",
        query=(_NAME,),
        schema=record("Projects.", projects=listed(ref("Project")), links=ref("NextPage")),
        answer={"projects": [_PROJECT], "links": _links("/v3/projects")},
        headers=_TRACE,
    ),
    "CreateProject": Description(
        MANAGING,
        "Create a project",
        "For administrators.",
        body=iam_bodies.CreateProject,
        request={"project": {"name": "local-2"}},
        status=201,
        schema=_ONE_PROJECT,
        answer={"project": _PROJECT},
        headers=_TRACE,
        facts=(*IAM_BODY, *OTHERS_AFFAIR, errors.AccountConflict),
    ),
    "ShowProject": Description(
        MANAGING,
        "Show a project that the caller may use",
        schema=_ONE_PROJECT,
        answer={"project": _PROJECT},
        headers=_TRACE,
        facts=(errors.AccountNotFound,),
    ),
    "DeleteProject": Description(
        MANAGING,
        "Delete a project without face sets",
        "For administrators.",
        status=204,
        headers=_TRACE,
        facts=(*OTHERS_AFFAIR, errors.AccountNotFound, errors.AccountConflict),
    ),
    "ListUsers": Description(
        MANAGING,
        "List the users",
        "For administrators.",
        query=(_NAME,),
        schema=record("Users.", users=listed(ref("User")), links=ref("NextPage")),
        answer={"users": [_USER], "links": _links("/v3/users")},
        headers=_TRACE,
        facts=OTHERS_AFFAIR,
    ),
    "CreateUser": Description(
        MANAGING,
        "Create a user",
        "For administrators.",
        body=iam_bodies.CreateUser,
        request={
            "user": {
                "name": "alice",
                "password": "correct horse",
                "project_ids": [_PROJECT_ID],
            }
        },
        status=201,
        schema=_ONE_USER,
        answer={"user": _USER},
        headers=_TRACE,
        facts=(*IAM_BODY, *OTHERS_AFFAIR, errors.AccountNotFound, errors.AccountConflict),
    ),
    "ShowUser": Description(
        MANAGING,
        "Show a user",
        "For administrators, and for everybody about themselves.",
        schema=_ONE_USER,
        answer={"user": _USER},
        headers=_TRACE,
        facts=(*OTHERS_AFFAIR, errors.AccountNotFound),
    ),
    "UpdateUser": Description(
        MANAGING,
        "Change a user's password, projects or rights",
        "For administrators. What is not named stays. A new password ends the user's tokens.",
        body=iam_bodies.UpdateUser,
        request={"user": {"project_ids": [_PROJECT_ID]}},
        schema=_ONE_USER,
        answer={"user": _USER},
        headers=_TRACE,
        facts=(*IAM_BODY, *OTHERS_AFFAIR, errors.AccountNotFound, errors.AccountConflict),
    ),
    "DeleteUser": Description(
        MANAGING,
        "Delete a user with its access keys",
        "For administrators. The last administrator stays.",
        status=204,
        headers=_TRACE,
        facts=(*OTHERS_AFFAIR, errors.AccountNotFound, errors.AccountConflict),
    ),
    "ChangePassword": Description(
        MANAGING,
        "Change one's own password",
        "Takes the old one. All tokens of the user end; access keys stay.",
        body=iam_bodies.ChangePassword,
        request={"user": {"original_password": "correct horse", "password": "battery staple"}},
        status=204,
        headers=_TRACE,
        facts=(
            *IAM_BODY,
            errors.AdministratorOnly,
            errors.PasswordWrong,
            errors.AccountLocked,
        ),
    ),
    "ListAccessKeys": Description(
        MANAGING,
        "List a user's access keys",
        "For administrators, and for everybody about themselves. Temporary keys are not listed.",
        query=(Query("user_id", "Whose keys; the caller's where it is not given."),),
        schema=record("Access keys.", credentials=listed(ref("AccessKey"))),
        answer={"credentials": [_KEY]},
        headers=_TRACE,
        facts=(*OTHERS_AFFAIR, errors.AccountNotFound),
    ),
    "CreateAccessKey": Description(
        MANAGING,
        "Create an access key",
        "For administrators, and for everybody about themselves. The secret is in this answer and "
        "nowhere else.",
        body=iam_bodies.CreateAccessKey,
        request={"credential": {"user_id": _USER_ID}},
        status=201,
        schema=_ONE_KEY,
        answer={"credential": {**_KEY, "secret": "kE3r9TzQ0mB7xWc5LpVn2YhJ8sDf4GaUo6RiTeXq"}},
        headers=_TRACE,
        facts=(errors.IamRequestInvalid, *OTHERS_AFFAIR, errors.AccountNotFound),
    ),
    "ShowAccessKey": Description(
        MANAGING,
        "Show an access key",
        "For administrators, and for everybody about themselves.",
        schema=_ONE_KEY,
        answer={"credential": _KEY},
        headers=_TRACE,
        facts=(errors.CredentialLimited, errors.AccountNotFound),
    ),
    "DeleteAccessKey": Description(
        MANAGING,
        "Delete an access key",
        "For administrators, and for everybody about themselves. The next request that is signed "
        "with it is refused.",
        status=204,
        headers=_TRACE,
        facts=(errors.CredentialLimited, errors.AccountNotFound),
    ),
}
