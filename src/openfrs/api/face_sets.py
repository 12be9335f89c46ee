"""Face sets on the wire (spec 3.1 to 3.4)."""

from openfrs.api import shapes, wire
from openfrs.api.call import Answer, Call
from openfrs.domain.limits import DEFAULT_CAPACITY
from openfrs.operations import face_sets


def create(call: Call) -> Answer:
    body = call.read(wire.CreateFaceSet)
    limits = call.services.limits
    capacity = body.face_set_capacity
    if capacity is None:
        capacity = min(DEFAULT_CAPACITY, limits.capacity)
    face_set = face_sets.create(
        call.services.face_sets,
        call.project_id,
        body.face_set_name,
        capacity=capacity,
        definitions=body.external_fields,
        model=call.services.engine.model,
        limits=limits,
        name_pattern=call.services.face_set_name_pattern,
        quality_gate=body.quality_gate,
        retention_days=body.retention_days,
        thumbnails=body.thumbnails,
    )
    return Answer({"face_set_info": shapes.face_set_info(face_set)})


def show_all(call: Call) -> Answer:
    found = face_sets.show_all(call.services.face_sets, call.project_id)
    return Answer({"face_sets_info": [shapes.face_set_info(face_set) for face_set in found]})


def show(call: Call) -> Answer:
    return Answer({"face_set_info": shapes.face_set_info(call.face_set())})


def show_options(call: Call) -> Answer:
    """What a set was told beyond FRS: an operation of our own (docs/reference/own-api.md)."""
    return Answer(shapes.face_set_options(call.face_set()))


def delete(call: Call) -> Answer:
    name = call.path["face_set_name"]
    face_sets.delete(call.services.face_sets, call.services.mirror, call.project_id, name)
    return Answer({"face_set_name": name})
