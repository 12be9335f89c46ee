"""Lasting access keys as the cloud's identity service shows them (``OS-CREDENTIAL``).

Everybody manages their own; administrators manage everybody's.
"""

from openfrs.api import iam, iam_bodies
from openfrs.api.call import Answer, Call
from openfrs.domain.errors import AccountNotFound
from openfrs.domain.identity import AccessKey
from openfrs.operations import accounts
from openfrs.operations.permissions import require_oneself_or_administrator

Json = dict[str, object]


def show_all(call: Call) -> Answer:
    """The keys of ``user_id``, or of the caller, without their secrets."""
    user_id = call.query.get("user_id") or call.caller.user_id
    require_oneself_or_administrator(call.caller, user_id)
    credentials = call.services.credentials
    keys = accounts.lasting_keys(credentials, accounts.user_of_id(credentials, user_id).user_id)
    return Answer({"credentials": [_credential(key) for key in keys]}, headers=iam.trace())


def show(call: Call) -> Answer:
    return Answer({"credential": _credential(_of_caller(call))}, headers=iam.trace())


def create(call: Call) -> Answer:
    """201 with a new key, and its secret this one time."""
    user_id = iam_bodies.read(call, iam_bodies.CreateAccessKey).credential.user_id
    require_oneself_or_administrator(call.caller, user_id)
    services = call.services
    made = accounts.create_key(
        services.credentials,
        accounts.user_of_id(services.credentials, user_id).name,
        seal=services.secrets.seal,
        now=services.sign_in.now(),
    )
    shape = {**_credential(made.key), "secret": made.secret_key}
    return Answer({"credential": shape}, status=201, headers=iam.trace())


def delete(call: Call) -> Answer:
    """204; the next request that is signed with the key is refused."""
    accounts.revoke_key(call.services.credentials, _of_caller(call).access_key)
    return Answer(b"", status=204, headers=iam.trace())


def _of_caller(call: Call) -> AccessKey:
    """The key of the path, if the caller may manage it.

    To everybody else it is not to be told from one that is not there. Raises AccountNotFound,
    CredentialLimited.
    """
    caller = call.caller
    key = accounts.lasting_key(call.services.credentials, call.path["access_key"])
    if not caller.administrator and caller.user_id != key.user_id:
        raise AccountNotFound("there is no such access key")
    require_oneself_or_administrator(caller, key.user_id)
    return key


def _credential(key: AccessKey) -> Json:
    return {
        "user_id": key.user_id,
        "access": key.access_key,
        "status": "active",
        "create_time": iam.timestamp(key.created),
        "description": "",
    }
