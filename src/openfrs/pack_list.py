"""The model packs that an installation knows, as clients may see them."""

from collections.abc import Collection, Sequence
from pathlib import Path

import structlog

from openfrs.domain.attributes import MEASURED_BY
from openfrs.domain.model_packs import KnownPack, PackModel
from openfrs.engine.installed_pack import check_installed, manifest_paths
from openfrs.engine.manifest import Manifest, PackError, PackFile, PackNotInstalled, WheelSource
from openfrs.engine.manifest_format import load_manifest

log = structlog.get_logger("openfrs.packs")


def known_packs(models_dir: Path, in_use: Collection[str]) -> Sequence[KnownPack]:
    """Every pack with a manifest that can be read, by name; the others go to the log.

    ``in_use`` holds the names of the packs that are running.
    """
    packs = []
    for _, path in sorted(manifest_paths(models_dir).items()):
        try:
            packs.append(_known(load_manifest(path), models_dir, in_use))
        except PackError as error:
            log.warning("a manifest cannot be read", reason=str(error))
    return packs


def _known(manifest: Manifest, models_dir: Path, in_use: Collection[str]) -> KnownPack:
    try:
        check_installed(manifest, models_dir)
        installed = True
    except PackNotInstalled:
        installed = False
    return KnownPack(
        name=manifest.name,
        title=manifest.title,
        kind=str(manifest.kind),
        licence=manifest.licence,
        installed=installed,
        in_use=manifest.name in in_use,
        files=[
            PackModel(file.name, file.role, file.licence, origin(file)) for file in manifest.files
        ],
        attributes=[
            attribute.value for attribute, role in MEASURED_BY.items() if manifest.file(role)
        ],
    )


def origin(file: PackFile) -> str:
    """Where a file comes from: the wheel and the path in it, or the address."""
    if isinstance(file.source, WheelSource):
        return f"{file.source.requirement}: {file.source.member}"
    return file.source.url
