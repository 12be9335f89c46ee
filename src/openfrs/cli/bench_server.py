"""Server processes for ``openfrs bench update --http``: ours, and an empty route beside it."""

import json
import multiprocessing
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from openfrs.app import assemble
from openfrs.bench.http_load import load, request
from openfrs.bench.people import make_people
from openfrs.bench.rows import LoadRow
from openfrs.bench.service import FACE_SET, assembled, empty_set, fill, project_of
from openfrs.bench.synthetic import SEED, make_templates
from openfrs.bench.synthetic_engine import SyntheticEngine
from openfrs.bench.writes import WritePlan
from openfrs.cli.bounded_connections import BoundedServer
from openfrs.cli.serve import listening_socket, server_config, work
from openfrs.operations.identity import Reference
from openfrs.settings import Settings

START_SECONDS = 600.0  # a server first stores all its faces
END_SECONDS = 30.0
Serve = Callable[[Settings, WritePlan, Connection], None]


@dataclass(frozen=True, slots=True)
class Told:
    """What a server says of itself once it listens. It answers one process, on loopback."""

    port: int
    project_id: str = ""
    token: str = ""
    face_ids: tuple[str, ...] = ()


def measure_http(plan: WritePlan, settings: Settings) -> Iterator[LoadRow]:
    """The updates of ``plan`` through HTTP, then as many requests to a route that does nothing.

    Raises http_load.RequestRefused, ServerFailed.
    """
    with _running(_serve_ours, settings, plan) as (process, told):
        path = f"/v2/{told.project_id}/face-sets/{FACE_SET}/faces"
        headers = f"X-Auth-Token: {told.token}\r\nContent-Type: application/json\r\n"

        def update(number: int) -> bytes:
            face_id = told.face_ids[number * 7919 % len(told.face_ids)]
            body = {"face_id": face_id, "external_fields": {"age": 18 + number % 72}}
            return request("PUT", path, headers=headers, body=json.dumps(body).encode())

        yield from _by_callers("http update", process, told.port, update, plan)
    with _running(_serve_nothing, settings, plan) as (process, told):
        empty = request("PUT", "/", headers="Content-Type: application/json\r\n", body=b"{}")
        yield from _by_callers("http empty route", process, told.port, lambda _: empty, plan)


class ServerFailed(Exception):
    """A server process ended, or did not listen in time."""


def _by_callers(
    name: str, process: int, port: int, make_request: Callable[[int], bytes], plan: WritePlan
) -> Iterator[LoadRow]:
    for callers in plan.callers:
        yield load(
            name,
            port,
            make_request,
            server=process,
            callers=callers,
            most=plan.most,
            seconds=plan.seconds,
        )


@contextmanager
def _running(serve: Serve, settings: Settings, plan: WritePlan) -> Iterator[tuple[int, Told]]:
    """A server's process id, and what it told."""
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=serve, args=(settings, plan, sender), daemon=True)
    process.start()
    sender.close()
    try:
        if not receiver.poll(START_SECONDS):
            raise ServerFailed("the server did not start in time")
        try:
            told: Told = receiver.recv()
        except EOFError:
            raise ServerFailed("the server ended before it listened") from None
        assert process.pid is not None
        yield process.pid, told
    finally:
        process.terminate()
        process.join(END_SECONDS)


def _serve_ours(settings: Settings, plan: WritePlan, ready: Connection) -> None:
    """Fills a face set, then does what ``openfrs serve`` does, its log lines included."""
    templates = make_templates(plan.faces, plan.dimension, 0)
    with assembled(partial(assemble, settings), plan.dimension) as openfrs:
        project_id = project_of(openfrs)
        face_set = empty_set(openfrs, project_id, plan.faces)
        people = make_people(plan.faces, seed=SEED)
        face_ids = tuple(fill(openfrs, face_set, templates.matrix, people).ids)
        made = openfrs.established
        assert made is not None
        token, _ = openfrs.services.sign_in.sign_in(
            Reference(name=made.user), made.password, project=Reference(id=project_id)
        )
    with listening_socket("127.0.0.1", 0) as listener, Path(os.devnull).open("w") as nowhere:
        os.dup2(nowhere.fileno(), 2)
        ready.send(Told(listener.getsockname()[1], project_id, token, face_ids))
        work(settings, listener, engine=SyntheticEngine(plan.dimension))


def _serve_nothing(_settings: Settings, _plan: WritePlan, ready: Connection) -> None:
    async def nothing(_request: Request) -> Response:
        return Response(b"{}", media_type="application/json")

    with listening_socket("127.0.0.1", 0) as listener:
        ready.send(Told(listener.getsockname()[1]))
        app = Starlette(routes=[Route("/", nothing, methods=["PUT"])])
        BoundedServer(server_config(app)).run(sockets=[listener])
