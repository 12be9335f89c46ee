"""Faces erased, and the proof: everything that could hold something of them is looked at again."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from openfrs.domain.errors import FRSError, NothingToDelete
from openfrs.domain.faces import FaceSet
from openfrs.domain.ports import FaceStore
from openfrs.domain.query import Filter
from openfrs.operations.mirror import Mirror
from openfrs.operations.retention import WHENEVER_CHANGED
from openfrs.storage.rows import vector_of
from openfrs.storage.traces import StoredFace, Traces
from openfrs.upkeep.backup_manifest import DATABASE
from openfrs.upkeep.byte_scan import places
from openfrs.upkeep.thumbnail_look import ThumbnailLook, told

PATIENCE = 30.0  # seconds for readers that still need the write-ahead log
LIKE_THE_PROBE = 20

MakeMirror = Callable[[int], Mirror]
"""A new mirror of the store, for templates of so many numbers."""


@dataclass(frozen=True, slots=True)
class Looked:
    """One look at one place: what was sought, what was found, and whether that is as it must be."""

    where: str
    found: str
    gone: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class ErasureReport:
    """What was erased, and every look that was taken afterwards."""

    face_set: FaceSet
    face_ids: Sequence[str]
    erased: datetime
    looks: Sequence[Looked]

    @property
    def proven(self) -> bool:
        return all(look.gone for look in self.looks)


class Eraser:
    """Erases faces of one installation. Servers may run; writers wait for nothing but the delete.

    With ``rewrite`` the file is built anew where bytes are found in it that belong to no row.
    ``thumbnails`` is None where the face set keeps none.
    """

    def __init__(
        self,
        data_dir: Path,
        store: FaceStore,
        traces: Traces,
        make_mirror: MakeMirror,
        now: Callable[[], datetime],
        *,
        thumbnails: ThumbnailLook | None,
        rewrite: bool,
    ) -> None:
        self._data_dir = data_dir
        self._store = store
        self._traces = traces
        self._make_mirror = make_mirror
        self._now = now
        self._thumbnails = thumbnails
        self._object_keys: list[str] = []
        self._rewrite = rewrite

    def by_id(self, face_set: FaceSet, face_id: str) -> ErasureReport:
        """Erases one face. Raises FaceNotFound."""
        key = self._store.face(face_set, face_id).face_key
        faces = self._about_to_go(face_set, [key])
        self._store.delete_unchanged(face_set, [key], WHENEVER_CHANGED)
        return self._report(face_set, faces)

    def by_filter(self, face_set: FaceSet, where: Filter) -> ErasureReport:
        """Erases every face that matches. Raises NothingToDelete."""
        dimension = self._traces.dimension(face_set)
        if dimension is None:
            raise NothingToDelete
        mirror = self._make_mirror(dimension)
        keys, revision = mirror.select(face_set, where)
        faces: dict[int, StoredFace] = {}
        while keys:
            stored = self._about_to_go(face_set, sorted(keys))
            _, changed = self._store.delete_unchanged(face_set, keys, revision)
            faces |= {face.face_key: face for face in stored if face.face_key not in changed}
            if not changed:
                break
            matching, revision = mirror.select(face_set, where)
            keys = matching & changed  # touched meanwhile, and looked at again
        if not faces:
            raise NothingToDelete
        return self._report(face_set, list(faces.values()))

    def _about_to_go(self, face_set: FaceSet, keys: Sequence[int]) -> Sequence[StoredFace]:
        """The faces as they stand, with the keys of their thumbnails noted."""
        faces = self._traces.stored(face_set, keys)
        if self._thumbnails is not None:
            self._object_keys += self._thumbnails.keys(face_set, (face.face_id for face in faces))
        return faces

    def _report(self, face_set: FaceSet, faces: Sequence[StoredFace]) -> ErasureReport:
        erased = self._now()
        looks = [
            *self._look_at_rows(faces),
            *self._look_at_bytes(faces),
            self._look_at_index(face_set, faces),
            self._look_at_thumbnails(),
        ]
        return ErasureReport(face_set, [face.face_id for face in faces], erased, looks)

    def _look_at_rows(self, faces: Sequence[StoredFace]) -> Iterator[Looked]:
        keys, ids = [face.face_key for face in faces], [face.face_id for face in faces]
        left = self._traces.left(keys, ids)
        yield self._looked("rows of the faces", f"{left.faces} rows", gone=not left.faces)
        yield self._looked(
            "rows of their templates", f"{left.templates} rows", gone=not left.templates
        )
        yield self._looked(
            "the log of changes",
            f"{left.log_entries} entries: numbers that no face has any more, without data",
            gone=True,
        )

    def _look_at_bytes(self, faces: Sequence[StoredFace]) -> Iterator[Looked]:
        """The files of the database, once the log has been emptied into it."""
        emptied = self._traces.empty_log(PATIENCE)
        yield self._looked(
            "the write-ahead log",
            "emptied" if emptied else "not empty: a reader still needs it",
            gone=emptied,
        )
        templates = {face.template for face in faces}
        own = [template for template in templates if not self._traces.shared(template)]
        files = [self._data_dir / (DATABASE + ending) for ending in ("", "-wal")]
        found = places(files, own)
        if self._rewrite and any(found.values()):
            self._traces.rewrite()
            self._traces.empty_log(PATIENCE)
            found = places(files, own)
        for file in files:
            number = found[str(file)]
            size = file.stat().st_size if file.exists() else 0
            advice = "" if not number or self._rewrite else "; --rewrite builds the file anew"
            yield self._looked(
                str(file),
                f"{number} places with bytes of the {len(own)} templates, in {size} bytes{advice}",
                gone=not number,
            )
        if others := len(templates) - len(own):
            yield self._looked(
                "templates of other faces",
                f"{others} of the templates are also those of faces that are still enrolled, and "
                "were not sought: erase these faces too, if they are the same person's",
                gone=True,
            )

    def _look_at_index(self, face_set: FaceSet, faces: Sequence[StoredFace]) -> Looked:
        """A new mirror, searched with each of the templates."""
        ids = {face.face_id for face in faces}
        mirror = self._make_mirror(len(faces[0].template) // 4)
        found: set[str] = set()
        try:
            for face in faces:
                hits = mirror.search(face_set, vector_of(face.template), LIKE_THE_PROBE)
                found |= {hit.face.face_id for hit in hits} & ids
        except FRSError:  # the whole set has been deleted meanwhile
            found = set()
        return self._looked(
            "searches of a new index with each template", f"{len(found)} found", gone=not found
        )

    def _look_at_thumbnails(self) -> Looked:
        found, gone = told(self._thumbnails, self._object_keys)
        return self._looked("thumbnails in their store", found, gone=gone)

    def _looked(self, where: str, found: str, *, gone: bool) -> Looked:
        return Looked(where, found, gone, self._now())
