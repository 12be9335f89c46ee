"""Comparison of two pictures on the wire (spec 3.12)."""

from openfrs.api import shapes, wire
from openfrs.api.call import Answer, Call
from openfrs.operations import compare


def compare_faces(call: Call) -> Answer:
    picture1, picture2 = call.read(wire.CompareFace).pictures()
    compare.check_sizes(picture1, picture2, call.services.limits)
    found = compare.pictures(call.services.engine, call.services.read_picture, picture1, picture2)
    return Answer(
        {
            "image1_face": {"bounding_box": shapes.bounding_box(found.face1.bounding_box)},
            "image2_face": {"bounding_box": shapes.bounding_box(found.face2.bounding_box)},
            "similarity": found.similarity,
        }
    )
