"""Users as the cloud's identity service shows them.

``administrator`` and ``project_ids`` are our own: the vendor has groups, roles and policies.
"""

from openfrs.api import iam, iam_bodies
from openfrs.api.call import Answer, Call
from openfrs.domain.identity import User
from openfrs.operations import accounts
from openfrs.operations.identity import Reference
from openfrs.operations.permissions import (
    require_administrator,
    require_oneself,
    require_oneself_or_administrator,
)

Json = dict[str, object]
PATH = "/v3/users"


def show_all(call: Call) -> Answer:
    """Every user, or the one of the query's ``name``. For administrators."""
    require_administrator(call.caller)
    name = call.query.get("name") or None
    users = [user for user in call.services.credentials.users() if name in (None, user.name)]
    return Answer(
        {
            "users": [_user(call, user) for user in users],
            "links": {"next": None, "previous": None, "self": iam.address(call, PATH)},
        },
        headers=iam.trace(),
    )


def show(call: Call) -> Answer:
    """One user. For administrators, and for everybody about themselves."""
    user_id = call.path["user_id"]
    require_oneself_or_administrator(call.caller, user_id)
    return _answer(call, accounts.user_of_id(call.services.credentials, user_id))


def create(call: Call) -> Answer:
    """201 with the new user. For administrators."""
    require_administrator(call.caller)
    body = iam_bodies.read(call, iam_bodies.CreateUser).user
    user = accounts.create_user(
        call.services.credentials,
        body.name,
        body.password,
        hash_password=call.services.secrets.hash_password,
        administrator=body.administrator,
        project_ids=body.project_ids,
    )
    return _answer(call, user, status=201)


def update(call: Call) -> Answer:
    """The user with a new password, other projects, or other rights. For administrators."""
    require_administrator(call.caller)
    credentials = call.services.credentials
    body = iam_bodies.read(call, iam_bodies.UpdateUser).user
    if body.password is not None:
        accounts.check_password(body.password)
    user = accounts.user_of_id(credentials, call.path["user_id"])
    user = credentials.change_user(
        user.user_id, administrator=body.administrator, project_ids=body.project_ids
    )
    if body.password is not None:
        _set_password(call, user, body.password)
    return _answer(call, user)


def delete(call: Call) -> Answer:
    """204; the user's tokens and access keys end. For administrators."""
    require_administrator(call.caller)
    user = accounts.user_of_id(call.services.credentials, call.path["user_id"])
    call.services.credentials.remove_user(user.user_id)
    return Answer(b"", status=204, headers=iam.trace())


def change_password(call: Call) -> Answer:
    """204; for everybody about themselves, who must know the old password. Tokens end."""
    user_id = call.path["user_id"]
    require_oneself(call.caller, user_id)
    body = iam_bodies.read(call, iam_bodies.ChangePassword).user
    accounts.check_password(body.password)
    user = call.services.sign_in.check_password(Reference(id=user_id), body.original_password)
    _set_password(call, user, body.password)
    return Answer(b"", status=204, headers=iam.trace())


def _set_password(call: Call, user: User, password: str) -> None:
    accounts.set_password(
        call.services.credentials,
        user.name,
        password,
        hash_password=call.services.secrets.hash_password,
    )


def _answer(call: Call, user: User, status: int = 200) -> Answer:
    return Answer({"user": _user(call, user)}, status=status, headers=iam.trace())


def _user(call: Call, user: User) -> Json:
    return {
        "id": user.user_id,
        "name": user.name,
        "domain_id": call.services.credentials.domain().domain_id,
        "enabled": True,
        "description": "",
        "pwd_status": True,
        "links": {"self": f"{iam.address(call, PATH)}/{user.user_id}"},
        "administrator": user.administrator,
        "project_ids": sorted(user.project_ids),
    }
