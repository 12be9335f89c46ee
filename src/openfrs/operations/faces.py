"""Add, show, list, update and delete the faces of a face set (spec 3.5 to 3.9)."""

import secrets
import string
from collections.abc import Mapping, Sequence

from openfrs.domain.attributes import Attribute
from openfrs.domain.audit import NAMED, about
from openfrs.domain.errors import (
    FaceTooSmall,
    MalformedParameter,
    NoFaceDetected,
    NothingMatched,
    NothingToDelete,
    QualityRefused,
    QualityUnavailable,
)
from openfrs.domain.faces import (
    DetectedFace,
    Enrolment,
    Face,
    FaceSet,
    FaceUpdate,
    Image,
    largest,
)
from openfrs.domain.fields import EXTERNAL_IMAGE_ID, check_values
from openfrs.domain.limits import Limits
from openfrs.domain.pictures import PictureSource
from openfrs.domain.ports import AttributeEstimator, FaceEngine, FaceStore
from openfrs.domain.quality_gate import (
    QualityGate,
    is_too_small,
    looks_at_quality,
    parse_gate,
    reasons,
)
from openfrs.domain.query import Filter, parse_filter, parse_term
from openfrs.domain.stages import Step, stage
from openfrs.operations.mirror import Mirror
from openfrs.operations.recognition import ReadPicture, require_same_model
from openfrs.operations.thumbnails import Thumbnails

GENERATED_ID_ALPHABET = string.ascii_letters + string.digits
GENERATED_ID_LENGTH = 8


def add(
    store: FaceStore,
    engine: FaceEngine,
    estimator: AttributeEstimator,
    read: ReadPicture,
    face_set: FaceSet,
    picture: PictureSource,
    *,
    external_image_id: str | None,
    external_fields: Mapping[str, object],
    single: bool,
    quality_gate: Mapping[str, object],
    server_gate: QualityGate,
    limit: int,
    thumbnails: Thumbnails,
) -> Sequence[Face]:
    """The stored faces: all of the picture, or with ``single`` the largest (spec 4.2).

    The bounds of ``quality_gate`` go before the face set's own, and those before the server's.
    Faces of too few pixels are passed over; where another face does not pass, none is stored.
    ``limit`` is how many faces the project may have.

    Raises MalformedParameter, FieldNotDefined, FieldTypeMismatch, TemplateModelMismatch, a leaf
    of ImageRefused, NoFaceDetected, QualityUnavailable, FaceSetFull, TooManyFaces; nothing is
    stored then.
    """
    gate = {**server_gate, **face_set.quality_gate, **parse_gate(quality_gate)}
    values = check_values(face_set.schema, external_fields)
    image_id = external_image_id or _generated_image_id()
    require_same_model(face_set, engine)
    image = read(picture)
    with stage(Step.DETECT):
        detected = engine.detect(image)
    biggest = largest(detected)
    if biggest is None:
        raise NoFaceDetected
    chosen = [biggest] if single else detected
    if gate:
        chosen = _passing(gate, estimator, image, chosen)
    with stage(Step.TEMPLATE):
        templates = engine.templates(image, chosen)
    return store.add_faces(
        face_set,
        [
            Enrolment(template, face.bounding_box, image_id, values, thumbnail)
            for face, template, thumbnail in zip(
                chosen, templates, thumbnails.of(face_set, image, chosen), strict=True
            )
        ],
        limit=limit,
    )


def _passing(
    gate: QualityGate, estimator: AttributeEstimator, image: Image, faces: Sequence[DetectedFace]
) -> Sequence[DetectedFace]:
    """The faces that are large enough. Raises FaceTooSmall, QualityRefused, QualityUnavailable."""
    large = [face for face in faces if not is_too_small(gate, face.bounding_box)]
    if not large:
        box = faces[0].bounding_box
        raise FaceTooSmall(
            f"the face has {box.width}x{box.height} pixels, "
            f"at least {gate['face_pixels']:g} are asked for"
        )
    if not looks_at_quality(gate):
        return large
    with stage(Step.ATTRIBUTES):
        measured = estimator.attributes(image, large, frozenset({Attribute.QUALITY}))
    for face, found in zip(large, measured, strict=True):
        if found.quality is None:
            raise QualityUnavailable("quality_gate: the installed model pack measures no quality")
        if refused := reasons(gate, found.quality):
            box = face.bounding_box
            place = f"face at {box.top_left_x},{box.top_left_y}: "
            raise QualityRefused((place if len(large) > 1 else "") + ", ".join(refused))
    return large


def check_image_id(external_image_id: str | None) -> None:
    """Raises MalformedParameter for an external_image_id outside its format (spec 3.5)."""
    if external_image_id is not None and not EXTERNAL_IMAGE_ID.fullmatch(external_image_id):
        raise MalformedParameter(
            "external_image_id: 1 to 36 letters, digits, hyphens or underscores"
        )


def show(store: FaceStore, face_set: FaceSet, face_id: str) -> Face:
    """The face of that id. Raises FaceNotFound."""
    about(face_set.name, [face_id], 1)
    return store.face(face_set, face_id)


def page(store: FaceStore, face_set: FaceSet, offset: int, limit: int) -> Sequence[Face]:
    """A page of the set in the order of enrolment."""
    found = store.faces(face_set, offset, limit)
    about(face_set.name, [face.face_id for face in found[:NAMED]], len(found))
    return found


def check_page(offset: int, limit: int, limits: Limits) -> None:
    """Raises MalformedParameter where a page leaves the window of a listing (spec 6.4)."""
    if offset < 0:
        raise MalformedParameter("offset: at least 0")
    if limit < 1 or limit > limits.listing_page:
        raise MalformedParameter(f"limit: 1 to {limits.listing_page}")
    if offset + limit > limits.listing_window:
        raise MalformedParameter(f"offset + limit: at most {limits.listing_window}")


def update(
    store: FaceStore,
    face_set: FaceSet,
    face_id: str,
    *,
    external_image_id: str | None,
    external_fields: Mapping[str, object],
) -> None:
    """Changes the client data of a face; what is not named stays (spec 3.7).

    Raises MalformedParameter, FieldNotDefined, FieldTypeMismatch, FaceNotFound.
    """
    about(face_set.name, [face_id])
    values = check_values(face_set.schema, external_fields)
    store.update_face(face_set, face_id, FaceUpdate(external_image_id, values))


def delete(store: FaceStore, face_set: FaceSet, face_id: str) -> None:
    """Removes one face. Raises FaceNotFound."""
    about(face_set.name, [face_id])
    store.delete_face(face_set, face_id)


def delete_where(store: FaceStore, mirror: Mirror, face_set: FaceSet, key: str, value: str) -> int:
    """How many faces had that external_image_id or custom field value, and are gone (spec 3.8).

    Raises FieldNotDefined, FieldTypeMismatch, NothingMatched.
    """
    deleted = _delete_matching(store, mirror, face_set, parse_term(key, value, face_set.schema))
    if not deleted:
        raise NothingMatched
    return deleted


def delete_batch(store: FaceStore, mirror: Mirror, face_set: FaceSet, filter_text: str) -> int:
    """How many faces matched the filter and are gone (spec 3.9).

    Raises FilterMalformed, FieldNotDefined, NothingToDelete.
    """
    deleted = _delete_matching(store, mirror, face_set, parse_filter(filter_text, face_set.schema))
    if not deleted:
        raise NothingToDelete
    return deleted


def _delete_matching(store: FaceStore, mirror: Mirror, face_set: FaceSet, where: Filter) -> int:
    """Removes every face that matches.

    A face is removed only if no write touched it since it was seen to match. One that was
    touched is looked at again, so a face that matches all along does not slip through.
    """
    keys, revision = mirror.select(face_set, where)
    total = 0
    while keys:
        deleted, changed = store.delete_unchanged(face_set, keys, revision)
        total += deleted
        if not changed:
            break
        matching, revision = mirror.select(face_set, where)
        keys = matching & changed
    return total


def _generated_image_id() -> str:
    """An id for a picture whose client gave none (spec 4.3)."""
    return "".join(secrets.choice(GENERATED_ID_ALPHABET) for _ in range(GENERATED_ID_LENGTH))
