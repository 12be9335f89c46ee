"""A random walk through the service, beside a dictionary that says what it must answer."""

import tempfile
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
from hypothesis import settings
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    rule,
)

from openfrs.operations.identity import Established
from openfrs.testing import Colour, TestService, make_service
from tests.api.calls import add, code_of, listed, make_set, search, text

COLOURS = st.sampled_from([(200, 40, 40), (204, 44, 40), (40, 200, 40), (40, 40, 200)])
FLOORS = st.integers(-2, 3)
FIELDS = st.fixed_dictionaries(
    {}, optional={"floor": FLOORS, "badge": st.sampled_from("ab"), "active": st.booleans()}
)
IMAGE_IDS = st.sampled_from(["emp-1", "emp-2", "emp-3"])


@dataclass
class Known:
    """A face as the dictionary remembers it."""

    colour: Colour
    image_id: str
    fields: dict[str, Any] = field(default_factory=dict)

    def on_floors(self, low: int, high: int) -> bool:
        return "floor" in self.fields and low <= self.fields["floor"] <= high


class ServiceMachine(RuleBasedStateMachine):
    """Adds, updates, deletes, searches and restarts in any order."""

    faces = Bundle("faces")

    def __init__(self) -> None:
        super().__init__()
        self.directory = tempfile.TemporaryDirectory()
        self.stack = ExitStack()
        self.known: dict[str, Known] = {}
        self.service: TestService
        self.start(None)

    def start(self, established: Established | None) -> None:
        self.service = self.stack.enter_context(
            make_service(Path(self.directory.name), established=established)
        )

    def teardown(self) -> None:
        self.stack.close()
        self.directory.cleanup()

    @initialize()
    def create(self) -> None:
        assert make_set(self.service).status_code == 200

    @rule(target=faces, colour=COLOURS, image_id=IMAGE_IDS, fields=FIELDS)
    def enrol(self, colour: Colour, image_id: str, fields: dict[str, Any]) -> str:
        [face] = add(self.service, colour, external_image_id=image_id, external_fields=fields)
        face_id: str = face["face_id"]
        assert face_id not in self.known
        self.known[face_id] = Known(colour, image_id, dict(fields))
        return face_id

    @rule(face_id=faces, image_id=IMAGE_IDS, fields=FIELDS)
    def update(self, face_id: str, image_id: str, fields: dict[str, Any]) -> None:
        answer = self.service.client.put(
            self.service.path("face-sets/staff/faces"),
            json={
                "face_id": face_id,
                "external_image_id": image_id,
                "external_fields": fields,
            },
        )
        if face_id in self.known:
            assert answer.json()["face_number"] == 1
            self.known[face_id].image_id = image_id
            self.known[face_id].fields |= fields
        else:
            assert code_of(answer) == "FRS.0303"

    @rule(face_id=consumes(faces))
    def delete(self, face_id: str) -> None:
        answer = self.service.client.delete(
            self.service.path(f"face-sets/staff/faces?face_id={face_id}")
        )
        if self.known.pop(face_id, None):
            assert answer.json()["face_number"] == 1
        else:
            assert code_of(answer) == "FRS.0303"

    @rule(low=FLOORS, high=FLOORS)
    def delete_batch(self, low: int, high: int) -> None:
        answer = self.service.client.request(
            "DELETE",
            self.service.path("face-sets/staff/faces/batch"),
            json={"filter": f"floor:[{low} TO {high}]"},
        )
        gone = [key for key, face in self.known.items() if face.on_floors(low, high)]
        for face_id in gone:
            del self.known[face_id]
        if gone:
            assert answer.json()["face_number"] == len(gone)
        else:
            assert code_of(answer) == "FRS.0407"

    @rule(colour=COLOURS, low=FLOORS, high=FLOORS)
    def search(self, colour: Colour, low: int, high: int) -> None:
        hits = search(
            self.service,
            image_base64=text(colour),
            top_n=1000,
            filter=f"floor:[{low} TO {high}] || (!badge:a)",
            return_fields=["floor", "badge", "active"],
        )
        expected = {
            key
            for key, face in self.known.items()
            if face.on_floors(low, high) or face.fields.get("badge") != "a"
        }
        assert {hit["face_id"] for hit in hits} == expected
        similarities = [hit["similarity"] for hit in hits]
        assert similarities == sorted(similarities, reverse=True)
        for hit in hits:
            face = self.known[hit["face_id"]]
            assert (hit["external_image_id"], hit["external_fields"]) == (
                face.image_id,
                face.fields,
            )
            assert (hit["similarity"] == 1.0) == (face.colour == colour)

    @rule()
    def restart(self) -> None:
        established = self.service.established
        self.stack.close()
        self.start(established)

    @invariant()
    def the_list_is_what_is_known(self) -> None:
        found = {face["face_id"]: face for face in listed(self.service, limit=1000)}
        assert list(found) == list(self.known)
        for face_id, face in self.known.items():
            assert found[face_id]["external_image_id"] == face.image_id
            assert found[face_id]["external_fields"] == face.fields
        info = self.service.client.get(self.service.path("face-sets/staff")).json()
        assert info["face_set_info"]["face_number"] == len(self.known)


TestServiceMachine = ServiceMachine.TestCase
TestServiceMachine.settings = settings(max_examples=12, stateful_step_count=25, deadline=None)
