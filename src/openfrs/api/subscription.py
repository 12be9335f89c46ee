"""What a project has subscribed to: an operation that old clients ask first (spec 1.3)."""

from openfrs.api.call import Answer, Call
from openfrs.api.shapes import DATE


def show(call: Call) -> Answer:
    """Everything that the service can do, since the installation was made."""
    services = call.services
    since = services.about.since.strftime(DATE)
    live = services.live_checks.tracker is not None or services.silent_checks.detector is not None
    return Answer(
        {
            "max_face_set_number": services.limits.face_sets,
            **{
                f"{name}_service": {"subscribe_status": status, "create_time": since}
                for name, status in (
                    ("detect", True),
                    ("compare", True),
                    ("live_detect", live),
                    ("search", True),
                )
            },
        }
    )
