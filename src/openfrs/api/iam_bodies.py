"""The bodies of identity requests, and how they are read (spec 12.1 and the vendor's IAM v3)."""

from typing import Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictStr, ValidationError

from openfrs.api.call import Call
from openfrs.api.misfits import reason
from openfrs.domain.errors import FRSError, IamRequestInvalid
from openfrs.operations.identity import Reference


class Shape(BaseModel):
    """Fields of an identity request; those it does not know are passed over."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)


S = TypeVar("S", bound=Shape)


def read(call: Call, shape: type[S]) -> S:
    """The body in that shape. Raises IamRequestInvalid, which names the field at fault."""
    try:
        return shape.model_validate(call.fields())
    except ValidationError as error:
        [row, *_] = error.errors(include_url=False, include_context=False, include_input=False)
        path = ".".join(str(part) for part in row["loc"])
        raise IamRequestInvalid(f"{path}: {reason(row)}") from None
    except FRSError as error:
        raise IamRequestInvalid(error.detail) from None


class Named(Shape):
    """A thing by its id or its name."""

    id: str | None = None
    name: str | None = None

    def reference(self) -> Reference:
        if not self.id and not self.name:
            raise IamRequestInvalid("id or name is missing")
        return Reference(self.id or None, self.name or None)


class SigningIn(Named):
    password: str
    domain: Named | None = None


class Password(Shape):
    user: SigningIn


class Identity(Shape):
    methods: list[Literal["password"]] = Field(min_length=1)
    password: Password


class Scope(Shape):
    project: Named | None = None
    domain: Named | None = None


class Auth(Shape):
    identity: Identity
    scope: Scope = Scope()


class TokenRequest(Shape):
    """The body of ``POST /v3/auth/tokens``."""

    auth: Auth


class NewProject(Shape):
    name: StrictStr


class CreateProject(Shape):
    """The body of ``POST /v3/projects``."""

    project: NewProject


class NewUser(Shape):
    """``administrator`` and ``project_ids`` are our own fields: the vendor has groups and roles.

    A user cannot be switched off, so ``enabled`` can be true only.
    """

    name: StrictStr
    password: StrictStr
    enabled: Literal[True] = True
    administrator: StrictBool = False
    project_ids: list[StrictStr] = []


class CreateUser(Shape):
    """The body of ``POST /v3/users``."""

    user: NewUser


class UserChange(Shape):
    """What is not given stays. A name stays for good."""

    password: StrictStr | None = None
    enabled: Literal[True] = True
    administrator: StrictBool | None = None
    project_ids: list[StrictStr] | None = None


class UpdateUser(Shape):
    """The body of ``PATCH /v3/users/{user_id}``."""

    user: UserChange


class PasswordChange(Shape):
    password: StrictStr
    original_password: StrictStr


class ChangePassword(Shape):
    """The body of ``POST /v3/users/{user_id}/password``."""

    user: PasswordChange


class NewCredential(Shape):
    user_id: StrictStr


class CreateAccessKey(Shape):
    """The body of ``POST /v3.0/OS-CREDENTIAL/credentials``."""

    credential: NewCredential
