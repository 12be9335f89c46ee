"""The packs that are known and installed; fetching and converting files is ``install``'s affair."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from openfrs.engine import installed_record
from openfrs.engine.installed_record import InstalledFile
from openfrs.engine.manifest import Manifest, PackNotInstalled
from openfrs.engine.manifest_format import load_manifest

BUILT_IN = Path(__file__).parent / "packs"
"""Where the manifests that come with OpenFRS lie."""


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
