"""Detection with attributes on the wire (spec 3.11, 7)."""

from openfrs.api import shapes, wire
from openfrs.api.call import Answer, Call
from openfrs.domain.attributes import Attribute
from openfrs.domain.errors import MalformedParameter
from openfrs.operations import detect

_CODES = {str(attribute.value): attribute for attribute in Attribute}


def detect_faces(call: Call) -> Answer:
    body = call.read(wire.DetectFace)
    picture = body.picture()
    wanted = _attributes(body.attributes)
    found = detect.detect(
        call.services.engine,
        call.services.estimator,
        call.services.read_picture,
        picture,
        wanted,
    )
    return Answer({"faces": [shapes.detect_face(face, wanted) for face in found]})


def _attributes(text: str | None) -> frozenset[Attribute]:
    """The attributes of a comma-separated list of codes. Raises MalformedParameter."""
    if text is None:
        return frozenset()
    codes = [code.strip() for code in text.split(",")]
    unknown = next((code for code in codes if code not in _CODES), None)
    if unknown is not None:
        raise MalformedParameter(f"attributes: there is no code {unknown[:20]!r}")
    return frozenset(_CODES[code] for code in codes)
