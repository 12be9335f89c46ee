"""The passive liveness check of one picture on the wire (spec 3.14, 8.2)."""

from openfrs import images
from openfrs.api import shapes, wire
from openfrs.api.call import Answer, Call
from openfrs.operations import silent_liveness


def detect_live_face(call: Call) -> Answer:
    picture = call.read(wire.LiveDetectFace).picture()
    services = call.services
    verdict = silent_liveness.detect_live_face(
        services.engine,
        services.estimator,
        services.silent_checks,
        services.read_picture,
        picture,
    )
    result = shapes.silent_result(
        alive=verdict.alive,
        confidence=verdict.confidence,
        picture=images.encode_jpeg(verdict.picture),
    )
    warnings = [shapes.warning(warning) for warning in verdict.warnings]
    return Answer({"result": result, "warning-list": warnings})
