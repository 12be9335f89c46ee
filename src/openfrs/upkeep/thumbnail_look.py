"""Thumbnails of erased faces, looked for in their store."""

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress

from openfrs.domain.errors import FaceNotFound
from openfrs.domain.faces import FaceSet
from openfrs.domain.objects import ObjectNotFound, ObjectStoreError, ObjectTooLarge
from openfrs.domain.ports import ObjectStore, ThumbnailStore

A_BYTE = 1  # of an object that should not be there, to see that it is


class ThumbnailLook:
    """Looks for objects by keys that were read before the faces went.

    ``settle`` does what is due in the store of objects, as a server would within seconds.
    """

    def __init__(
        self, store: ThumbnailStore, objects: ObjectStore, settle: Callable[[], None]
    ) -> None:
        self._store = store
        self._objects = objects
        self._settle = settle

    def keys(self, face_set: FaceSet, face_ids: Iterable[str]) -> Sequence[str]:
        """The keys of these faces' objects, of those that have one."""
        keys = []
        for face_id in face_ids:
            with suppress(FaceNotFound):
                thumbnail = self._store.thumbnail(face_set, face_id)
                if thumbnail is not None:
                    keys.append(thumbnail.key)
        return keys

    def left(self, keys: Iterable[str]) -> int:
        """How many of the objects are there still. Raises ObjectStoreError where it cannot say."""
        self._settle()
        return sum(self._is_there(key) for key in keys)

    def _is_there(self, key: str) -> bool:
        try:
            self._objects.get(key, A_BYTE)
        except ObjectNotFound:
            return False
        except ObjectTooLarge:
            pass
        return True


def told(look: ThumbnailLook | None, keys: Sequence[str]) -> tuple[str, bool]:
    """What is found of the objects, in words, and whether none is left."""
    if look is None:
        return "the face set keeps none", True
    try:
        left = look.left(keys)
    except ObjectStoreError as error:
        return f"{len(keys)} to erase as soon as their store can be reached: {error}", False
    return f"{left} of {len(keys)} objects", not left
