"""The metrics on the port of the API, for whoever has the token that the operator has set."""

from openfrs.api.call import Answer, Call
from openfrs.domain.errors import MetricsTokenWrong, RouteUnknown


def show(call: Call) -> Answer:
    """The page. Raises RouteUnknown where no token is set, MetricsTokenWrong."""
    access = call.services.metrics
    if access is None or not access.token:
        raise RouteUnknown
    if not access.allows(call.header("authorization")):
        raise MetricsTokenWrong
    page = access.page(call.header("accept"))
    return Answer(page.content, headers={"Content-Type": page.content_type})
