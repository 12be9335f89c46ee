"""Is the process alive, and is it of use?"""

from openfrs.api.call import Answer, Call


def alive(_call: Call) -> Answer:
    """200 as long as the process answers at all."""
    return Answer({"status": "ok"})


def ready(call: Call) -> Answer:
    """200 while store, models and disk do their part, 503 with what is wrong otherwise."""
    faults = call.services.readiness.faults()
    if faults:
        return Answer({"status": ", ".join(faults.values())}, status=503)
    return Answer({"status": "ready", "model": call.services.engine.model})
