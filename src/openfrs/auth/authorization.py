"""What an ``Authorization`` header says, read strictly (spec 12.3 step 10, 12.4)."""

import re
from dataclasses import dataclass

from openfrs.domain.errors import SignatureWrong

PLAIN = "SDK-HMAC-SHA256"
DERIVED = "V11-HMAC-SHA256"
KNOWN_BUT_UNSUPPORTED = ("SDK-HMAC-SM3", "SDK-ECDSA-P256-SHA256", "SDK-SM2-SM3")

MAX_LENGTH = 4096
MAX_SIGNED_HEADERS = 64

_ACCESS_KEY = r"(?P<access_key>[A-Za-z0-9_-]{1,64})"
_SIGNED = (
    r", ?SignedHeaders=(?P<signed_headers>[a-z0-9!#$%&'*+.^_`|~;-]+)"
    r", ?Signature=(?P<signature>[0-9a-f]{64})"
)
_FORMS = {
    PLAIN: re.compile(rf"{PLAIN} Access={_ACCESS_KEY}{_SIGNED}", re.ASCII),
    DERIVED: re.compile(
        rf"{DERIVED} Credential={_ACCESS_KEY}"
        rf"/(?P<derivation>(?P<day>[0-9]{{8}})/[A-Za-z0-9_.-]{{1,64}}/[A-Za-z0-9_.-]{{1,64}})"
        rf"{_SIGNED}",
        re.ASCII,
    ),
}


@dataclass(frozen=True, slots=True)
class Authorization:
    """The parts of the header.

    ``derivation`` is ``<yyyymmdd>/<region>/<service>`` for a derived signature and empty for a
    plain one.
    """

    algorithm: str
    access_key: str
    signed_headers: tuple[str, ...]
    signature: str
    derivation: str = ""

    @property
    def day(self) -> str:
        return self.derivation[:8]


def parse_authorization(text: str) -> Authorization:
    """The header's parts. Raises SignatureWrong for anything that no client of the API sends."""
    algorithm = text[:MAX_LENGTH].split(" ", 1)[0]
    if algorithm in KNOWN_BUT_UNSUPPORTED:
        raise SignatureWrong(f"{algorithm} is not supported here, sign with {PLAIN}")
    form = _FORMS.get(algorithm)
    if form is None:
        raise SignatureWrong(f"Authorization: the algorithm is {PLAIN} or {DERIVED}")
    found = form.fullmatch(text) if len(text) <= MAX_LENGTH else None
    if found is None:
        raise SignatureWrong("Authorization: the header is malformed")
    names = tuple(found["signed_headers"].split(";"))
    if "" in names or len(set(names)) != len(names) or len(names) > MAX_SIGNED_HEADERS:
        raise SignatureWrong("Authorization: SignedHeaders is malformed")
    derivation = found["derivation"] if algorithm == DERIVED else ""
    return Authorization(algorithm, found["access_key"], names, found["signature"], derivation)
