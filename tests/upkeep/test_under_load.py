"""A backup that is taken under load loses nothing acknowledged before it began, and is sound.

The service runs in processes of its own, clients write through HTTP and note what was answered.
"""

import os
import signal
import subprocess
import sys
import threading
import time
from base64 import b64encode
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import httpx2

from openfrs import credentials_file
from openfrs.operations.identity import Established
from openfrs.testing import make_service, picture
from tests.api.calls import FIELDS, listed, search
from tests.upkeep.conftest import CommandLine

ROOT = Path(__file__).parents[2]
CLIENTS = 4
FACES_BEFORE = 40
SECONDS_AFTER = 1.0


@dataclass
class Client:
    """One client's faces, each with the floors that it may have now; what may have gone or come."""

    base: str
    headers: dict[str, str]
    seed: int
    floors: dict[str, set[int]] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    may_be_gone: set[str] = field(default_factory=set)
    ended: bool = False

    def write(self, end: threading.Event) -> None:
        """Adds, updates and deletes faces until the end, each write noted before and after."""
        numbers = count(1)
        with httpx2.Client(base_url=self.base, headers=self.headers, timeout=30) as http:
            while not end.is_set():
                number = next(numbers)
                colour = (16 * self.seed + 8, number % 256, 8 + number // 256)
                image = b64encode(picture(colour, size=16)).decode()
                fields = {"floor": number}
                added = http.post("/faces", json={"image_base64": image, "external_fields": fields})
                added.raise_for_status()
                face_id = added.json()["faces"][0]["face_id"]
                self.floors[face_id] = {number}
                if number % 3 == 0:
                    self.floors[face_id] = {number, -number}
                    body = {"face_id": face_id, "external_fields": {"floor": -number}}
                    http.put("/faces", json=body).raise_for_status()
                    self.floors[face_id] = {-number}
                if number % 4 == 0:
                    self.may_be_gone.add(face_id)
                    http.delete("/faces", params={"face_id": face_id}).raise_for_status()
                    self.gone.add(face_id)
        self.ended = True


def start(directory: Path) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "tests.cli.worker_service", str(directory), "2"],
        cwd=ROOT,
        env={name: value for name, value in os.environ.items() if name != "OPENFRS_MODELS_DIR"},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )


def test_a_restored_backup_has_all_that_was_acknowledged_before_it_began(tmp_path: Path) -> None:
    process = start(tmp_path / "data")
    assert process.stdout is not None
    try:
        port = int(process.stdout.readline().split()[0])
        keys = credentials_file.read(tmp_path / "data")
        assert keys is not None
        keys["endpoint"] = f"http://127.0.0.1:{port}"
        credentials_file.write(tmp_path / "data", keys)
        command = CommandLine(tmp_path / "data")
        headers = {"X-Auth-Token": token(keys)}
        sets = f"{keys['endpoint']}/v2/{keys['project_id']}/face-sets"
        body = {"face_set_name": "staff", "external_fields": FIELDS}
        httpx2.post(sets, json=body, headers=headers, timeout=30).raise_for_status()
        clients = [Client(f"{sets}/staff", headers, seed) for seed in range(CLIENTS)]
        end = threading.Event()
        threads = [threading.Thread(target=client.write, args=[end]) for client in clients]
        for thread in threads:
            thread.start()
        while sum(len(client.floors) for client in clients) < FACES_BEFORE:
            time.sleep(0.01)
        acknowledged = [(dict(client.floors), set(client.gone)) for client in clients]
        told = command.json("backup", tmp_path / "copy")
        time.sleep(SECONDS_AFTER)
        end.set()
        for thread in threads:
            thread.join()
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()
        process.stdout.close()
    assert all(client.ended for client in clients)
    command.run("restore", tmp_path / "copy", data_dir=tmp_path / "new")
    checked = command.json("check", fails=True, data_dir=tmp_path / "new")
    # The pack is not looked at: there is none of the fake engine that the service ran on.
    assert [area["faults"] for area in checked["areas"] if area["area"] != "packs"] == [[], [], []]
    established = Established(**{name: keys[name] for name in Established.__slots__})
    with make_service(tmp_path / "new", established=established) as restored:
        faces = {
            face["face_id"]: face["external_fields"]["floor"]
            for face in listed(restored, limit=10_000)
        }
        assert told["counts"]["faces"] == len(faces) >= FACES_BEFORE / 2
        for client, (floors, gone) in zip(clients, acknowledged, strict=True):
            assert not gone & set(faces)
            assert set(floors) - client.may_be_gone <= set(faces)
            for face_id, before in floors.items():
                may_be = before | {-abs(floor) for floor in before}
                assert face_id not in faces or faces[face_id] in may_be
                if len(before) == 1 and max(before) < 0 and face_id in faces:
                    assert {faces[face_id]} == before  # the update was acknowledged
        assert set(faces) <= {face_id for client in clients for face_id in client.floors}
        anybody = next(iter(faces))
        assert anybody in {face["face_id"] for face in search(restored, face_id=anybody, top_n=50)}


def token(keys: dict[str, str]) -> str:
    user = {
        "domain": {"name": keys["domain"]},
        "name": keys["user"],
        "password": keys["password"],
    }
    request = {
        "auth": {
            "identity": {"methods": ["password"], "password": {"user": user}},
            "scope": {"project": {"id": keys["project_id"]}},
        }
    }
    answer = httpx2.post(keys["endpoint"] + "/v3/auth/tokens", json=request, timeout=60)
    answer.raise_for_status()
    issued: str = answer.headers["X-Subject-Token"]
    return issued
