"""Thumbnails of enrolled faces on the wire (an extension of ours)."""

from openfrs.api.call import Answer, Call

HEADERS = {
    "Content-Type": "image/jpeg",
    "Cache-Control": "no-store",  # or a browser would keep what the service erases
    "X-Content-Type-Options": "nosniff",
}


def show(call: Call) -> Answer:
    """The thumbnail of the path's face, as a JPEG file."""
    picture = call.services.thumbnails.show(call.face_set(), call.path["face_id"])
    return Answer(picture, headers=HEADERS)
