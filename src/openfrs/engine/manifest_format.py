"""The format of manifests: a model pack in a TOML file (docs/reference/model-packs.md)."""

import tomllib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Literal, cast

from openfrs.domain.scores import Calibration
from openfrs.engine import installed_record
from openfrs.engine.manifest import (
    CONVERSIONS,
    FAMILIES,
    OPTIONAL_ROLES,
    REQUIRED_ROLES,
    HttpsSource,
    Input,
    Kind,
    Manifest,
    ManifestInvalid,
    PackFile,
    Templates,
    WheelSource,
)
from openfrs.engine.strict_toml import Table, Unfit

MAX_FILE_BYTES = 4 << 30
MAX_DIMENSION = 4096
PACK_NAME = r"[a-z0-9][a-z0-9-]{0,39}"
FILE_NAME = r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}"
SHA256 = r"[0-9a-f]{64}"


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
