"""What a client may know of the model packs of an installation."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PackModel:
    """One model of a pack; ``source`` names the wheel or address that it comes from."""

    name: str
    role: str
    licence: str
    source: str


@dataclass(frozen=True, slots=True)
class KnownPack:
    """A pack by its manifest; ``attributes`` are the codes that it answers where it is installed.

    ``in_use`` marks the packs that this process runs.
    """

    name: str
    title: str
    kind: str
    licence: str
    installed: bool
    in_use: bool
    files: Sequence[PackModel]
    attributes: Sequence[int]
