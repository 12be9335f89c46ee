"""Is the process alive, and is it of use?"""

import structlog

from openfrs.api.call import Answer, Call

log = structlog.get_logger("openfrs.api")


def alive(_call: Call) -> Answer:
    """200 as long as the process answers at all."""
    return Answer({"status": "ok"})


def ready(call: Call) -> Answer:
    """200 while the store can be read; models were loaded and tried before the server listened."""
    try:
        call.services.credentials.projects()
    except Exception:  # whatever the store's reason: it goes to the log, not to strangers
        log.exception("the store cannot be read")
        return Answer({"status": "the store cannot be read"}, status=503)
    return Answer({"status": "ready", "model": call.services.engine.model})
