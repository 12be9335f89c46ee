"""Who may manage users, projects and access keys."""

from openfrs.domain.errors import AdministratorOnly, CredentialLimited
from openfrs.domain.identity import Principal


def require_administrator(caller: Principal) -> None:
    """Raises AdministratorOnly, or CredentialLimited for a token of one project or alike.

    A credential that is good for less than its user could otherwise make one that is not.
    """
    if caller.limited:
        raise CredentialLimited
    if not caller.administrator:
        raise AdministratorOnly


def require_oneself_or_administrator(caller: Principal, user_id: str) -> None:
    """For what everybody may do about themselves. Raises AdministratorOnly, CredentialLimited."""
    if caller.user_id != user_id:
        require_administrator(caller)
    elif caller.limited:
        raise CredentialLimited


def require_oneself(caller: Principal, user_id: str) -> None:
    """For what nobody may do about others. Raises AdministratorOnly."""
    if caller.user_id != user_id:
        raise AdministratorOnly
