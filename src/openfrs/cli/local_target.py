"""A target on a data directory: the service in this process, beside whatever serves it already."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime

import httpx2
from anyio.from_thread import BlockingPortal, start_blocking_portal
from starlette.types import ASGIApp

from openfrs import credentials_file
from openfrs.app import OpenFRS, assemble, create_app
from openfrs.cli.engine_on_demand import EngineOnDemand, NoLiveness
from openfrs.cli.quiet_logs import quiet_logs
from openfrs.cli.server_target import find_project
from openfrs.cli.target import PATIENCE, Target
from openfrs.settings import Settings


@contextmanager
def local_target(settings: Settings, project: str | None) -> Iterator[Target]:
    """The service on a data directory that has had its first start, as its administrator.

    Whoever may read the directory holds its keys, so nobody signs in. Models are loaded when a
    picture is sent. Raises CommandFailed, OperatorCanMend, typer.BadParameter.
    """
    engine = EngineOnDemand(settings)
    with (
        quiet_logs(),
        closing(assemble(settings, engine, NoLiveness())) as openfrs,
        start_blocking_portal() as portal,
        httpx2.Client(
            transport=_InProcess(create_app(openfrs), portal),
            base_url="http://localhost",
            headers={"X-Auth-Token": _token(openfrs)},
            timeout=PATIENCE,
        ) as client,
    ):
        known = credentials_file.read(settings.data_dir)
        default = None if known is None else known["project_id"]
        yield Target(client, find_project(client, project, default), lambda: _load(engine))


def _load(engine: EngineOnDemand) -> None:
    engine.load()


def _token(openfrs: OpenFRS) -> str:
    """A token of the first administrator, as the service would give for its password."""
    services = openfrs.services
    user = next(user for user in services.credentials.users() if user.administrator)
    token, _ = services.sign_in.issue_token(user.user_id, user.generation, None, datetime.now(UTC))
    return token


class _InProcess(httpx2.BaseTransport):
    """Hands requests to an application in this process; several threads may send at once."""

    def __init__(self, app: ASGIApp, portal: BlockingPortal) -> None:
        self._app = httpx2.ASGITransport(app, client=("", 0))
        self._portal = portal

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        return self._portal.call(self._answer, request)

    async def _answer(self, request: httpx2.Request) -> httpx2.Response:
        answer = await self._app.handle_async_request(request)
        content = await answer.aread()
        return httpx2.Response(answer.status_code, headers=answer.headers, content=content)
