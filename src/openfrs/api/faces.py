"""Faces on the wire (spec 3.5 to 3.9)."""

import re

from openfrs.api import shapes, wire
from openfrs.api.call import Answer, Call
from openfrs.domain.errors import MalformedParameter, MissingParameter
from openfrs.operations import faces

DEFAULT_OFFSET = 0
DEFAULT_LIMIT = 5

_NUMBER = re.compile(r"-?[0-9]{1,18}")


def add(call: Call) -> Answer:
    body = call.read(wire.AddFaces)
    picture = body.picture()
    faces.check_image_id(body.external_image_id)
    face_set = call.face_set()
    added = faces.add(
        call.services.faces,
        call.services.engine,
        call.services.estimator,
        call.services.read_picture,
        face_set,
        picture,
        external_image_id=body.external_image_id,
        external_fields=body.external_fields,
        single=body.single,
        quality_gate=body.quality_gate,
        limit=call.services.limits.faces,
        thumbnails=call.services.thumbnails,
        server_gate=call.services.quality_gate,
    )
    return Answer(shapes.faces_of(face_set, added))


def show(call: Call) -> Answer:
    """One face by ``face_id``, or a page of them."""
    face_id = call.query.get("face_id", "")
    if face_id:
        face_set = call.face_set()
        return Answer(
            shapes.faces_of(face_set, [faces.show(call.services.faces, face_set, face_id)])
        )
    offset = _number(call, "offset", DEFAULT_OFFSET)
    limit = _number(call, "limit", DEFAULT_LIMIT)
    faces.check_page(offset, limit, call.services.limits)
    face_set = call.face_set()
    return Answer(
        shapes.faces_of(face_set, faces.page(call.services.faces, face_set, offset, limit))
    )


def update(call: Call) -> Answer:
    body = call.read(wire.UpdateFace)
    if body.external_image_id is None and not body.external_fields:
        raise MissingParameter("external_image_id or external_fields")
    faces.check_image_id(body.external_image_id)
    face_set = call.face_set()
    faces.update(
        call.services.faces,
        face_set,
        body.face_id,
        external_image_id=body.external_image_id,
        external_fields=body.external_fields,
    )
    return Answer(shapes.face_number(face_set, 1))


def delete(call: Call) -> Answer:
    """By ``face_id`` (or its alias ``id``), ``external_image_id`` or one custom field."""
    given = [(name, value) for name, value in call.parameters if value]
    if not given:
        raise MissingParameter("face_id, external_image_id or a custom field")
    if len(given) > 1:  # one name given twice as well: which of its values is meant, nobody knows
        raise MalformedParameter("give exactly one of face_id, external_image_id, a custom field")
    [(name, value)] = given
    face_set = call.face_set()
    if name == "face_id" or (name == "id" and "id" not in face_set.schema):
        faces.delete(call.services.faces, face_set, value)
        return Answer(shapes.face_number(face_set, 1))
    deleted = faces.delete_where(call.services.faces, call.services.mirror, face_set, name, value)
    return Answer(shapes.face_number(face_set, deleted))


def delete_batch(call: Call) -> Answer:
    body = call.read(wire.BatchDelete)
    face_set = call.face_set()
    deleted = faces.delete_batch(call.services.faces, call.services.mirror, face_set, body.filter)
    return Answer(shapes.face_number(face_set, deleted))


def _number(call: Call, name: str, default: int) -> int:
    text = call.query.get(name, "")
    if not text:
        return default
    if not _NUMBER.fullmatch(text):
        raise MalformedParameter(f"{name}: must be a number")
    return int(text)
