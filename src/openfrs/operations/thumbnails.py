"""Make thumbnails of the faces being enrolled, and show them (an extension of ours)."""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import structlog

from openfrs.domain.errors import ThumbnailNotFound, ThumbnailUnavailable
from openfrs.domain.faces import BoundingBox, DetectedFace, FaceSet, Image
from openfrs.domain.objects import ObjectNotFound, ObjectStoreError
from openfrs.domain.ports import ObjectStore, ThumbnailStore
from openfrs.domain.thumbnails import SealBroken, Thumbnail

MOST_BYTES = 256 * 1024
"""More than any thumbnail has, sealed."""

log = structlog.get_logger("openfrs.thumbnails")


@dataclass(frozen=True, slots=True)
class Thumbnails:
    """What thumbnails are made by and where they are found.

    ``picture`` cuts a face out of a picture as a JPEG file. ``seal`` and ``open`` encrypt and
    decrypt it, bound to the key of its object; ``open`` raises SealBroken.
    """

    store: ThumbnailStore
    objects: ObjectStore
    picture: Callable[[Image, BoundingBox], bytes]
    seal: Callable[[str, bytes], bytes]
    open: Callable[[str, bytes], bytes]

    def of(
        self, face_set: FaceSet, image: Image, faces: Sequence[DetectedFace]
    ) -> Sequence[Thumbnail | None]:
        """A thumbnail of each face, as it is to be stored; None where the set wants none."""
        if not face_set.thumbnails:
            return [None] * len(faces)
        return [self._made(image, face.bounding_box) for face in faces]

    def show(self, face_set: FaceSet, face_id: str) -> bytes:
        """The face's thumbnail, a JPEG file.

        Raises FaceNotFound, ThumbnailNotFound, ThumbnailUnavailable.
        """
        found = self.store.thumbnail(face_set, face_id)
        if found is None:
            raise ThumbnailNotFound
        try:
            return self.open(found.key, self._sealed(found))
        except ObjectNotFound:
            self.store.thumbnail(face_set, face_id)  # the face may have gone with it
            log.warning("a thumbnail is missing from its store")
            raise ThumbnailNotFound from None
        except ObjectStoreError as error:
            log.warning("a thumbnail cannot be read", reason=str(error))
            raise ThumbnailUnavailable("the store of thumbnails cannot be reached") from None
        except SealBroken:
            log.error("a thumbnail was changed, or sealed with another secret.key")
            raise ThumbnailUnavailable("the thumbnail cannot be decrypted") from None

    def _sealed(self, thumbnail: Thumbnail) -> bytes:
        if thumbnail.sealed is not None:
            return thumbnail.sealed
        return self.objects.get(thumbnail.key, MOST_BYTES)

    def _made(self, image: Image, box: BoundingBox) -> Thumbnail:
        name = secrets.token_hex(16)
        key = f"{name[:2]}/{name[2:]}"  # 256 folders, so that none holds too many files
        return Thumbnail(key, self.seal(key, self.picture(image, box)))
