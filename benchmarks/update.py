"""What an update of a face costs: CPU of the whole request, and of the store's part in it.

    python benchmarks/update.py [--requests 2000]

A server process answers one client that updates one face over and over; its CPU time comes from
the operating system. In the same run the same updates go straight to a store.
"""

import argparse
import http.client
import json
import multiprocessing
import os
import tempfile
import time
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np
import structlog
import uvicorn

from openfrs.app import assemble, create_app
from openfrs.cli.serve import listening_socket
from openfrs.domain.audit import Act, Actor, Deed, on_behalf_of
from openfrs.domain.faces import BoundingBox, Enrolment, FaceSet, FaceUpdate, Template
from openfrs.domain.fields import FieldType
from openfrs.operations.identity import Reference
from openfrs.settings import load_settings
from openfrs.storage.audit_log import AuditLog
from openfrs.storage.database import Database
from openfrs.storage.faces import SqliteStore
from openfrs.testing import DIMENSION, FakeEngine

TICKS = os.sysconf("SC_CLK_TCK")
ACT = Act("UpdateFace", Actor.TOKEN, "admin", "u" * 32, "", "127.0.0.1", "p" * 32, "", "r" * 32)
VECTOR = np.eye(1, DIMENSION, dtype=np.float32)[0]


def enrolled(store: SqliteStore, project_id: str) -> tuple[FaceSet, str]:
    """A face set with one face, and the face's id."""
    face_set = store.create_face_set(
        project_id,
        "staff",
        capacity=10_000,
        schema={"floor": FieldType.INTEGER},
        model=FakeEngine.model,
        limit=10,
    )
    template = Template(VECTOR, FakeEngine.model)
    enrolment = Enrolment(template, BoundingBox(9, 9, 0, 0), "emp-1", {"floor": 0})
    [face] = store.add_faces(face_set, [enrolment])
    return face_set, face.face_id


def serve(directory: str, ready: Connection) -> None:
    structlog.configure(processors=[structlog.processors.JSONRenderer()])
    openfrs = assemble(load_settings(Path(directory)), FakeEngine())
    made = openfrs.established
    assert made is not None
    sign_in = openfrs.services.sign_in
    token, _ = sign_in.sign_in(Reference(name=made.user), made.password)
    store = openfrs.services.faces
    assert isinstance(store, SqliteStore)
    _, face_id = enrolled(store, made.project_id)
    listener = listening_socket("127.0.0.1", 0)
    ready.send((listener.getsockname()[1], made.project_id, token, face_id))
    config = uvicorn.Config(create_app(openfrs), log_level="warning", access_log=False)
    with Path(os.devnull).open("w") as nowhere:
        os.dup2(nowhere.fileno(), 1)
        uvicorn.Server(config).run(sockets=[listener])


def cpu_of(pid: int) -> float:
    """CPU seconds of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def by_request(requests: int) -> tuple[float, list[float]]:
    """CPU seconds of the server, and the wall time of each request in seconds."""
    receiver, sender = multiprocessing.Pipe()
    with tempfile.TemporaryDirectory() as directory:
        server = multiprocessing.Process(target=serve, args=(directory, sender))
        server.start()
        port, project_id, token, face_id = receiver.recv()
        client = http.client.HTTPConnection("127.0.0.1", port)
        path = f"/v2/{project_id}/face-sets/staff/faces"
        headers = {"X-Auth-Token": token, "Content-Type": "application/json"}

        def update(floor: int) -> float:
            started = time.perf_counter()
            body = json.dumps({"face_id": face_id, "external_fields": {"floor": floor}})
            client.request("PUT", path, body, headers)
            answer = client.getresponse()
            assert answer.status == http.client.OK, answer.read()
            answer.read()
            return time.perf_counter() - started

        for floor in range(100):
            update(floor)
        before = cpu_of(server.pid or 0)
        times = [update(floor) for floor in range(requests)]
        cpu = cpu_of(server.pid or 0) - before
        client.close()
        server.terminate()
        server.join()
    return cpu, times


def by_store(requests: int, *, audited: bool) -> float:
    """CPU seconds of the same updates, straight to a store, with or without the audit log."""
    with tempfile.TemporaryDirectory() as directory:
        database = Database(Path(directory) / "openfrs.db")
        database.write(lambda c: c.execute("INSERT INTO project VALUES ('p', 'p')"))
        store = SqliteStore(database, lambda: datetime.now(UTC))
        face_set, face_id = enrolled(store, "p")
        if audited:
            database.audit = AuditLog(bytes(32), lambda: datetime.now(UTC))
        before = time.process_time()
        for floor in range(requests):
            with on_behalf_of(Deed(ACT)):
                store.update_face(face_set, face_id, FaceUpdate(None, {"floor": floor}))
        cpu = time.process_time() - before
        database.close()
    return cpu


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=2000)
    requests = parser.parse_args().requests
    whole, times = by_request(requests)
    store = by_store(requests, audited=False)
    audited = by_store(requests, audited=True)
    p50, p99 = np.percentile(times, [50, 99]) * 1000
    print(
        f"whole request  {whole / requests * 1000:.2f} ms CPU, p50 {p50:.2f} ms, p99 {p99:.2f} ms"
    )
    print(f"store alone    {store / requests * 1000:.2f} ms CPU")
    print(f"with audit     {audited / requests * 1000:.2f} ms CPU")
    print(f"on top         {(whole - store) / requests * 1000:.2f} ms CPU")


if __name__ == "__main__":
    main()
