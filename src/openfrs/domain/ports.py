"""What the operations need from the layers beside them, and all that they need."""

import math
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from openfrs.domain.attributes import Attribute, Attributes
from openfrs.domain.face_track import FaceTrack
from openfrs.domain.faces import (
    DetectedFace,
    Enrolment,
    Face,
    FaceBlock,
    FaceChange,
    FacePage,
    FacePatch,
    FaceSet,
    FaceUpdate,
    Hit,
    Image,
    Template,
    Vector,
)
from openfrs.domain.fields import Schema
from openfrs.domain.identity import AccessKey, Domain, Project, User
from openfrs.domain.quality_gate import NO_GATE, QualityGate
from openfrs.domain.query import Filter
from openfrs.domain.scores import Calibration
from openfrs.domain.thumbnails import Thumbnail
from openfrs.domain.videos import VideoFrame


class FaceSetStore(Protocol):
    """A project's face sets. Each write is one transaction, durable when the call returns."""

    def create_face_set(
        self,
        project_id: str,
        name: str,
        *,
        capacity: int,
        schema: Schema,
        model: str,
        limit: int,
        quality_gate: QualityGate = NO_GATE,
        retention_days: int | None = None,
        thumbnails: bool = False,
    ) -> FaceSet:
        """The new, empty face set. Raises FaceSetExists; TooManyFaceSets past ``limit``."""

    def face_set(self, project_id: str, name: str) -> FaceSet:
        """The face set of that name. Raises FaceSetNotFound."""

    def face_sets(self, project_id: str) -> Sequence[FaceSet]:
        """Every face set of the project, the oldest first."""

    def set_retention(self, face_set: FaceSet, days: int | None) -> None:
        """Keeps the set's faces for so many days, or for good. Raises FaceSetNotFound."""

    def delete_face_set(self, face_set: FaceSet) -> None:
        """Removes the set with its faces and templates. Raises FaceSetNotFound."""


class FaceStore(Protocol):
    """The faces of a face set, with their templates: the only durable truth.

    Every write raises FaceSetNotFound where the set has gone meanwhile.
    """

    def add_faces(
        self, face_set: FaceSet, enrolments: Sequence[Enrolment], *, limit: int | None = None
    ) -> Sequence[Face]:
        """The stored faces, with new ids. All or none: raises FaceSetFull past the capacity.

        Raises TooManyFaces where the project would have more than ``limit`` in all its sets.
        """

    def faces(self, face_set: FaceSet, offset: int, limit: int) -> Sequence[Face]:
        """A page of the set in the order of enrolment."""

    def page(self, face_set: FaceSet, offset: int, limit: int) -> FacePage:
        """The same, with the number of all faces at the same moment. Raises FaceSetNotFound."""

    def face(self, face_set: FaceSet, face_id: str) -> Face:
        """The face of that id. Raises FaceNotFound."""

    def template(self, face_set: FaceSet, face_id: str) -> Template:
        """The stored template, as probe of a search. Raises FaceNotFound."""

    def update_face(self, face_set: FaceSet, face_id: str, update: FaceUpdate) -> None:
        """Merges new client data into a face by key. Raises FaceNotFound."""

    def delete_face(self, face_set: FaceSet, face_id: str) -> None:
        """Removes one face and its template. Raises FaceNotFound."""

    def delete_unchanged(
        self, face_set: FaceSet, keys: Collection[int], as_of: int
    ) -> tuple[int, frozenset[int]]:
        """Removes those of the faces that no write has touched since revision ``as_of``.

        Returns how many were removed, and the keys of those that live on because they changed.
        """


class AgeingFaces(Protocol):
    """The faces whose time may have come. Every write raises FaceSetNotFound, as of FaceStore."""

    def kept_for_a_time(self) -> Sequence[FaceSet]:
        """The face sets, of every project, whose faces have an end."""

    def enrolled_before(
        self, face_set: FaceSet, moment: datetime, *, beyond: int, limit: int
    ) -> Sequence[int]:
        """Keys, in order and greater than ``beyond``, of faces enrolled before the moment."""

    def delete_unchanged(
        self, face_set: FaceSet, keys: Collection[int], as_of: int
    ) -> tuple[int, frozenset[int]]:
        """As FaceStore has it."""


class FaceFeed(Protocol):
    """What a mirror of the store needs, and all it needs."""

    def stamp(self) -> int:
        """A number that rises with every commit, of this or another process, before its writes
        are acknowledged: while it stays, nothing has moved in any face set. Costs next to nothing.
        """

    def revision(self, face_set: FaceSet) -> int:
        """The number of the last write to the set. Raises FaceSetNotFound."""

    def changes(self, face_set: FaceSet, since: int, stamp: int | None = None) -> "FaceChanges":
        """What moved after revision ``since``, in one consistent view.

        ``stamp`` is that of the changes which brought the mirror there, where it knows.
        """


class FaceChanges(Protocol):
    """The difference between two revisions of a face set."""

    @property
    def revision(self) -> int:
        """The revision that a mirror has when it has applied everything here."""

    @property
    def stamp(self) -> int:
        """A stamp of the store of which that is true."""

    @property
    def complete(self) -> bool:
        """True where the mirror starts again from nothing: ``blocks`` hold the whole set."""

    @property
    def blocks(self) -> Iterable[FaceBlock]:
        """Every face of the set, where that is what must be told."""

    @property
    def removed(self) -> Sequence[int]:
        """Keys of faces that are gone; some may be unknown to the mirror."""

    @property
    def patches(self) -> Iterable[FacePatch]:
        """Updates of single faces, in their order."""

    @property
    def faces(self) -> Iterable[FaceChange]:
        """Faces that are new or carry new client data, where these are single ones."""


class FaceIndex(Protocol):
    """The faces of one set, in memory. Holds nothing that the store cannot give back.

    Several threads may search at once; nothing else may run beside a fill, put or remove.
    """

    def fill(self, block: FaceBlock) -> None:
        """Adds faces, none of which is there yet."""

    def put(self, change: FaceChange) -> None:
        """Adds a face, or replaces the client data of one that is there."""

    def patch(self, patch: FacePatch) -> None:
        """Changes the client data of a face that is there."""

    def remove(self, face_key: int) -> None:
        """Takes a face out; unknown keys are passed over."""

    def search(
        self,
        probe: Vector,
        top_n: int,
        where: Filter | None = None,
        *,
        at_least: float = -math.inf,
    ) -> Sequence[Hit]:
        """The ``top_n`` best faces among those that match: exact, by score, ties by face id.

        Those that score below ``at_least`` are left out.
        """

    def select(self, where: Filter) -> frozenset[int]:
        """The keys of all faces that match."""

    def page(self, where: Filter, offset: int, limit: int) -> FacePage:
        """A page of the faces that match, in the order of enrolment, and how many there are."""

    def __len__(self) -> int: ...

    @property
    def nbytes(self) -> int:
        """The memory it takes, in bytes, near enough to keep a budget by."""


class FaceEngine(Protocol):
    """Pictures in, faces and templates out. Frozen after start; safe to call from many threads.

    ``model`` names the pack, ``dimension`` is the length of its templates, ``calibration`` maps
    its scores to similarities.
    """

    @property
    def model(self) -> str: ...

    @property
    def dimension(self) -> int: ...

    @property
    def calibration(self) -> Calibration: ...

    def detect(self, image: Image) -> Sequence[DetectedFace]:
        """Every face of the picture, the largest first; empty where there is none."""

    def templates(self, image: Image, faces: Sequence[DetectedFace]) -> Sequence[Template]:
        """One template a face, in the order given."""


class AttributeEstimator(Protocol):
    """What can be measured about detected faces."""

    def attributes(
        self, image: Image, faces: Sequence[DetectedFace], wanted: frozenset[Attribute]
    ) -> Sequence[Attributes]:
        """One set of attributes a face, in the order given, filled as far as wanted and known."""


class Video(Protocol):
    """A video being decoded."""

    def __iter__(self) -> Iterator[VideoFrame]:
        """Its pictures in their order, once. Raises VideoDamaged."""

    @property
    def seconds(self) -> float:
        """Its length, known once every picture has been taken."""


class FaceTracker(Protocol):
    """Follows a face through a video."""

    def track(self, frames: Iterable[VideoFrame]) -> FaceTrack:
        """What was seen of the largest face; a track of no pictures where there is none."""


class SilentLivenessDetector(Protocol):
    """Tells a live face from a picture of one, by one picture."""

    def live_score(self, image: Image, face: DetectedFace) -> float:
        """How surely the face is live, 0..1."""


class CredentialStore(Protocol):
    """Projects, users and access keys. Look-ups answer None where there is nothing."""

    def domain(self) -> Domain: ...

    def projects(self) -> Sequence[Project]: ...

    def project(
        self, *, project_id: str | None = None, name: str | None = None
    ) -> Project | None: ...

    def add_project(self, name: str) -> Project:
        """The new project. Raises Conflict where the name is taken."""

    def remove_project(self, project_id: str) -> None:
        """Removes an empty project. Raises NotFound; Conflict where it holds face sets."""

    def users(self) -> Sequence[User]: ...

    def user(self, *, user_id: str | None = None, name: str | None = None) -> User | None: ...

    def add_user(
        self, name: str, password_hash: str, *, administrator: bool, project_ids: Collection[str]
    ) -> User:
        """The new user. Raises Conflict where the name is taken."""

    def set_password(self, user_id: str, password_hash: str) -> None:
        """Replaces the password and raises the user's generation."""

    def change_user(
        self,
        user_id: str,
        *,
        administrator: bool | None = None,
        project_ids: Collection[str] | None = None,
    ) -> User:
        """The user with what is given replaced, from the next request on.

        Raises NotFound for the user or a project, Conflict where no administrator would be left.
        """

    def remove_user(self, user_id: str) -> None:
        """Removes the user with its access keys.

        Raises NotFound, Conflict where no administrator would be left.
        """

    def access_keys(self) -> Sequence[AccessKey]: ...

    def access_key(self, access_key: str) -> AccessKey | None: ...

    def add_access_key(self, key: AccessKey) -> None: ...

    def remove_access_key(self, access_key: str) -> bool:
        """True where there was such a key."""


class ObjectStore(Protocol):
    """Objects by key: a directory, or a bucket elsewhere. Safe to use from many threads.

    A key is a path of one to many parts between slashes; domain/objects.py says which may be.
    Every call raises ObjectKeyInvalid for others, and ObjectStoreUnavailable where the store
    cannot be reached.
    """

    def put(self, key: str, content: bytes) -> None:
        """Stores the object as a whole, in the place of one of that key; durable on return."""

    def get(self, key: str, most: int) -> bytes:
        """The object's bytes.

        Raises ObjectNotFound, ObjectTooLarge for more than ``most`` bytes, ObjectRefused.
        """

    def delete(self, key: str) -> None:
        """Removes the object; one that is not there is no failure."""

    def keys(self, prefix: str = "") -> Iterator[str]:
        """The keys that start so, in no order."""


class Lockout(Protocol):
    """Counts failures by name: several in a row lock it for a while."""

    def locked(self, name: str) -> bool:
        """True while the name is locked."""

    def failed(self, name: str) -> bool:
        """Counts a failure; False where the name is locked, and nothing may be told of it."""

    def succeeded(self, name: str) -> None:
        """Forgets the name's failures."""


class ThumbnailStore(Protocol):
    """What is known of thumbnails: those that the object store has, by their keys alone."""

    def stamp(self) -> int:
        """A number that rises with every commit, of this or another process."""

    def thumbnail(self, face_set: FaceSet, face_id: str) -> Thumbnail | None:
        """The face's thumbnail, or None where it has none. Raises FaceNotFound."""

    def to_store(self, limit: int) -> Sequence[tuple[int, Thumbnail]]:
        """Thumbnails that the object store does not have yet, by face keys; the oldest first."""

    def stored(self, face_keys: Collection[int]) -> None:
        """Notes that the object store has these faces' thumbnails."""

    def to_erase(self, limit: int) -> Sequence[str]:
        """Keys of objects whose faces are gone; a deletion of faces brings them here at once."""

    def erased(self, keys: Collection[str]) -> None:
        """Notes that these objects are gone."""

    def object_keys(self) -> Mapping[str, bool]:
        """The keys of all thumbnails, and whether the object store has them."""
