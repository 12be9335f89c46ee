"""What this service is and can do: an operation of our own (docs/reference/own-api.md)."""

from dataclasses import asdict

from openfrs.api.call import Answer, Call
from openfrs.domain.scores import USUALLY_THE_SAME


def show(call: Call) -> Answer:
    """The same for every caller; nothing of it is about a project."""
    services = call.services
    about, engine = services.about, services.engine
    live, silent = services.live_checks, services.silent_checks
    return Answer(
        {
            "version": about.version,
            "model": engine.model,
            "dimension": engine.dimension,
            "profile": about.profile,
            "calibration": [list(pair) for pair in engine.calibration.rates],
            "thresholds": {"similarity": USUALLY_THE_SAME, "liveness": silent.threshold},
            "limits": asdict(services.limits),
            "features": {
                "live_detect": live.tracker is not None,
                "live_detect_face": silent.detector is not None,
                "thumbnails": False,
            },
            "packs": [asdict(pack) for pack in about.known_packs()],
        }
    )
