"""Search on the wire (spec 3.10)."""

from openfrs.api import shapes, wire
from openfrs.api.call import Answer, Call
from openfrs.operations import search


def search_faces(call: Call) -> Answer:
    body = call.read(wire.Search)
    probe = body.probe()
    services = call.services
    search.check_range(body.top_n, body.threshold, services.limits)
    face_set = call.face_set()
    query = search.parse_query(
        face_set,
        top_n=body.top_n,
        threshold=body.threshold,
        filter_text=body.filter,
        sort=body.sort,
        return_fields=body.return_fields,
    )
    if isinstance(probe, str):
        candidates = search.by_face_id(
            services.faces, services.mirror, services.engine, face_set, probe, query
        )
    else:
        candidates = search.by_picture(
            services.mirror, services.engine, services.read_picture, face_set, probe, query
        )
    return Answer(
        {"faces": [shapes.search_face(found, query.return_fields) for found in candidates]}
    )
