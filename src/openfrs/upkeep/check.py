"""``openfrs check``: is the installation what it must be? Each area answers with its faults."""

import random
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

from openfrs.auth.sealing import KeyFileRefused, open_key_file
from openfrs.domain.errors import FaceSetNotFound
from openfrs.domain.faces import FaceSet
from openfrs.engine import install
from openfrs.engine.installed_pack import known_manifest
from openfrs.engine.manifest import Manifest, PackError
from openfrs.index.quantised import QuantisedIndex
from openfrs.storage.credentials import SqliteCredentials
from openfrs.storage.database import Database
from openfrs.storage.faces import SqliteStore
from openfrs.storage.failures import DatabaseUnreadable
from openfrs.storage.integrity import store_faults
from openfrs.storage.migrate import DatabaseTooNew
from openfrs.upkeep.backup_manifest import DATABASE
from openfrs.upkeep.index_check import MakeIndex, index_faults

Progress = Callable[[str, int, int], None]


class Area(StrEnum):
    """What is looked at: the database; index and filters; the key file; the model packs."""

    STORE = "store"
    INDEX = "index"
    KEY = "key"
    PACKS = "packs"


CONTENT = frozenset({Area.STORE, Area.INDEX})
"""What a backup brings whole; a key file and packs may have to come from elsewhere."""


@dataclass(frozen=True, slots=True)
class Result:
    """What was found in one area; ``looked_at`` says what was looked at, in words."""

    area: Area
    looked_at: str
    faults: Sequence[str]


@dataclass(frozen=True, slots=True)
class Packs:
    """Where packs are installed, and the names of those in use: of recognition, and others."""

    directory: Path
    recognition: str
    others: Sequence[str]


def check(
    data_dir: Path,
    packs: Packs,
    *,
    areas: Collection[Area] = tuple(Area),
    progress: Progress,
    make_index: MakeIndex = QuantisedIndex,
) -> Iterator[Result]:
    """The result of each area in turn. Nothing is changed; servers may run and write meanwhile.

    Index, key and packs are looked at where the store is sound: they rest on it.
    """
    database = data_dir / DATABASE
    progress("checking the store", 0, 1)
    faults = list(store_faults(database, lambda model: _dimension(packs, model)))
    progress("checking the store", 1, 1)
    yield Result(Area.STORE, str(database), faults)
    if faults:
        return
    try:
        with closing(Database(database)) as opened:
            yield from _resting_on_it(data_dir, opened, packs, areas, progress, make_index)
    except (DatabaseUnreadable, DatabaseTooNew) as error:
        yield Result(Area.STORE, str(database), [str(error)])


def _resting_on_it(
    data_dir: Path,
    database: Database,
    packs: Packs,
    areas: Collection[Area],
    progress: Progress,
    make_index: MakeIndex,
) -> Iterator[Result]:
    store = SqliteStore(database, lambda: datetime.now(UTC))
    credentials = SqliteCredentials(database)
    face_sets = [
        face_set
        for project in credentials.projects()
        for face_set in store.face_sets(project.project_id)
    ]
    if Area.INDEX in areas:
        faults: list[str] = []
        for number, face_set in enumerate(face_sets):
            progress("checking the index", number, len(face_sets))
            try:
                faults += index_faults(store, face_set, make_index, random.SystemRandom())
            except FaceSetNotFound:  # deleted meanwhile
                continue
        progress("checking the index", 1, 1)
        faces = sum(face_set.face_number for face_set in face_sets)
        yield Result(Area.INDEX, f"{len(face_sets)} face sets, {faces} faces", faults)
    if Area.KEY in areas:
        yield Result(Area.KEY, str(data_dir), _key_faults(data_dir, credentials))
    if Area.PACKS in areas:
        progress("checking the model packs", 0, 1)
        faults = [*_pack_faults(packs), *_face_set_faults(face_sets, packs)]
        progress("checking the model packs", 1, 1)
        yield Result(Area.PACKS, str(packs.directory), faults)


def _key_faults(data_dir: Path, credentials: SqliteCredentials) -> list[str]:
    keys = credentials.access_keys()
    if not keys:
        return []  # none is sealed; a key file is made when it is needed
    try:
        open_key_file(data_dir, keys)
    except KeyFileRefused as error:
        return [str(error)]
    return []


def _pack_faults(packs: Packs) -> Iterator[str]:
    """What is wrong with the files of the packs in use, after hashing each."""
    for name in (packs.recognition, *packs.others):
        if name != packs.recognition and not (packs.directory / name).exists():
            continue  # an opt-in
        try:
            yield from install.verify(known_manifest(packs.directory, name), packs.directory)
        except (PackError, OSError) as error:
            yield str(error)


def _face_set_faults(face_sets: Sequence[FaceSet], packs: Packs) -> Iterator[str]:
    """Face sets whose templates are of another pack than the one in use."""
    try:
        identity = known_manifest(packs.directory, packs.recognition).identity
    except PackError:
        return  # told already
    for face_set in face_sets:
        if face_set.model != identity:
            yield (
                f"face set {face_set.name} holds templates of {face_set.model}, and the pack in "
                f"use is {identity}: it cannot be searched or added to"
            )


def _dimension(packs: Packs, model: str) -> int | None:
    """The length of a model's templates; None where no known pack is called so."""
    try:
        manifest: Manifest = known_manifest(packs.directory, model.partition("@")[0])
    except PackError:
        return None
    if manifest.identity != model or manifest.templates is None:
        return None
    return manifest.templates.dimension
