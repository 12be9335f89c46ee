"""The faces that a filter matches: an operation of our own (docs/reference/own-api.md)."""

from openfrs.api import shapes, wire
from openfrs.api.call import Answer, Call
from openfrs.operations import face_query, faces


def query(call: Call) -> Answer:
    """A page of them, and how many there are."""
    services = call.services
    body = call.read(wire.QueryFaces)
    faces.check_page(body.offset, body.limit, services.limits)
    page = face_query.query(
        services.faces, services.mirror, call.face_set(), body.filter, body.offset, body.limit
    )
    return Answer(
        {"total": page.total, "faces": [shapes.face_set_face(face) for face in page.faces]}
    )
