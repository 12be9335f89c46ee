"""``openfrs faces add``: many pictures, told one by one, and taken up again."""

import signal
import subprocess
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from starlette.types import ASGIApp, Receive, Scope, Send

from openfrs.auth.passwords import hash_password
from openfrs.domain.faces import DetectedFace, Image
from openfrs.operations import accounts
from openfrs.testing import FakeEngine, picture
from tests.cli.served import BLUE, GREEN, PATIENCE, RED, Served, draw, served


def test_a_folder_is_added_with_ids_and_fields(staff: Served, photos: Path) -> None:
    words = ("faces", "add", "staff", str(photos), "--id-from", "stem", "--field", "floor=3")
    told = staff.json(*words)
    pictures = told.pop("pictures")
    assert told == {"added": 3, "skipped": 0, "failed": 0, "not_tried": 0, "faces": 3}
    assert [row["external_image_id"] for row in pictures] == ["alice", "bob", "carol"]
    faces = staff.json("faces", "list", "staff")["faces"]
    assert {face["external_image_id"] for face in faces} == {"alice", "bob", "carol"}
    assert [face["external_fields"] for face in faces] == [{"floor": 3}] * 3


def test_the_shell_need_not_expand_patterns(staff: Served, photos: Path) -> None:
    staff.run("faces", "add", "staff", f"{photos}/**/*.[pP][nN][gG]", "--id-from", "stem")
    assert staff.image_ids() == ["alice", "bob", "carol"]


def test_a_picture_comes_from_standard_input(staff: Served) -> None:
    staff.run(*("faces", "add", "staff", "-", "--external-image-id", "alice"), stdin=picture(RED))
    assert staff.image_ids() == ["alice"]


@pytest.mark.parametrize(
    ("id_from", "image_id"), [("stem", "Alice_1"), ("slug", "Alice_1"), ("folder", "people")]
)
def test_ids_come_from_the_path(staff: Served, tmp_path: Path, id_from: str, image_id: str) -> None:
    path = draw(tmp_path / "people" / "Alice_1.png", RED)
    staff.run("faces", "add", "staff", str(path), "--id-from", id_from)
    assert staff.image_ids() == [image_id]


def test_a_name_that_can_be_no_id_is_told_before_anything_is_sent(
    staff: Served, photos: Path
) -> None:
    draw(photos / "zoe smith.png", (200, 200, 40))
    ended = staff.run("faces", "add", "staff", str(photos), "--id-from", "stem", status=2)
    assert "'zoe smith'" in ended.stderr
    assert staff.image_ids() == []
    staff.run("faces", "add", "staff", str(photos), "--id-from", "slug")
    assert staff.image_ids() == ["alice", "bob", "carol", "zoe-smith"]


def test_two_names_do_not_become_one_id(staff: Served, photos: Path) -> None:
    for name in ("a b.png", "a+b.png"):
        draw(photos / name, RED)
    ended = staff.run("faces", "add", "staff", str(photos), "--id-from", "slug", status=2)
    assert "a-b" in ended.stderr


def test_of_a_picture_the_largest_face_is_added_or_all(staff: Served, tmp_path: Path) -> None:
    path = str(draw(tmp_path / "two.png", RED, GREEN))
    assert staff.json("faces", "add", "staff", path)["faces"] == 1
    assert staff.json("faces", "add", "staff", path, "--all-faces")["faces"] == 2


def test_each_failure_is_told_and_the_others_go_on(staff: Served, photos: Path) -> None:
    draw(photos / "empty.png")
    (photos / "broken.png").write_text("no picture")
    (photos / "nothing.png").write_bytes(b"")
    result = staff.run("faces", "add", "staff", str(photos), "--id-from", "stem", status=1)
    head, *rows = [line.split("\t") for line in result.stdout.splitlines()]
    assert head == ["picture", "became", "external_image_id", "face_id", "reason"]
    assert [row[1] for row in rows] == ["added"] * 3 + ["failed"] * 3
    reasons = {Path(row[0]).name: row[4] for row in rows[3:]}
    assert reasons["empty.png"].startswith("FRS.0404")
    assert reasons["broken.png"].startswith("FRS.0016")
    assert "is empty" in reasons["nothing.png"]
    assert "6 pictures: 3 added, 3 failed; 3 new faces" in result.stderr
    assert staff.image_ids() == ["alice", "bob", "carol"]


def test_names_that_stand_for_nothing_are_told(staff: Served, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for name, told in (
        ("absent.png", "there is no file"),
        ("*.absent", "there is no file"),
        ("empty", "no picture"),
    ):
        ended = staff.run("faces", "add", "staff", str(tmp_path / name), status=2)
        assert told in " ".join(ended.stderr.replace("│", " ").split())
    assert "PICTURES" in staff.run("faces", "add", "staff", status=2).stderr


class HookedEngine(FakeEngine):
    """Calls ``hook`` with the number of each picture, from 1, before it looks for faces."""

    def __init__(self) -> None:
        self.hook: Callable[[int], None] = lambda _: None
        self._seen = 0

    def detect(self, image: Image) -> Sequence[DetectedFace]:
        self._seen += 1
        self.hook(self._seen)
        return super().detect(image)


def test_a_run_ends_where_every_further_picture_would_be_refused(
    tmp_path: Path, photos: Path
) -> None:
    engine = HookedEngine()
    with served(tmp_path, engine) as server:
        server.run("face-sets", "create", "staff")

        def hook(number: int) -> None:
            if number == 2:
                server.service.client.delete(server.service.path("face-sets/staff"))

        engine.hook = hook
        told = server.run("faces", "add", "staff", str(photos), "--concurrency", "1", status=1)
    rows = [line.split("\t") for line in told.stdout.splitlines()[1:]]
    assert [row[1] for row in rows] == ["added", "not tried", "failed"]
    assert "Error: FRS.0302" in told.stderr


def test_a_run_ends_with_the_token_that_it_uses(tmp_path: Path, photos: Path) -> None:
    engine = HookedEngine()
    with served(tmp_path, engine) as server:
        server.run("face-sets", "create", "staff")

        def hook(number: int) -> None:
            credentials = server.service.openfrs.services.credentials
            accounts.set_password(
                credentials, "admin", "another password", hash_password=hash_password
            )

        engine.hook = hook
        told = server.run(
            *("faces", "add", "staff", str(photos), "--concurrency", "1"),
            *("--token", server.service.token),
            status=4,
        )
    rows = [line.split("\t") for line in told.stdout.splitlines()[1:]]
    assert [row[1] for row in rows] == ["added", "not tried", "failed"]


def test_an_interrupted_run_tells_what_was_done(tmp_path: Path, photos: Path) -> None:
    engine, reached, go_on = HookedEngine(), threading.Event(), threading.Event()
    with served(tmp_path, engine) as server:
        server.run("face-sets", "create", "staff")

        def hook(number: int) -> None:
            reached.set()
            assert go_on.wait(PATIENCE)

        engine.hook = hook
        words = ("faces", "add", "staff", str(photos), "--id-from", "stem", "--concurrency", "1")
        with server.start(*words, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            assert reached.wait(PATIENCE)
            process.send_signal(signal.SIGINT)
            go_on.set()
            output, errors = process.communicate(timeout=PATIENCE)
        assert process.returncode == 130, errors
        rows = [line.split("\t") for line in output.decode().splitlines()[1:]]
        added = [row[2] for row in rows if row[1] == "added"]
        assert "not tried" in [row[1] for row in rows]
        assert added == server.image_ids()
        assert b"Traceback" not in errors


def test_a_service_that_is_asked_too_fast_is_asked_again(tmp_path: Path, photos: Path) -> None:
    refusals = iter(range(3))

    def wrap(app: ASGIApp) -> ASGIApp:
        async def in_front(scope: Scope, receive: Receive, send: Send) -> None:
            adds = scope["type"] == "http" and scope["path"].endswith("/faces")
            if not adds or scope["method"] != "POST" or next(refusals, None) is None:
                await app(scope, receive, send)
                return
            headers = [(b"content-type", b"application/json"), (b"retry-after", b"0")]
            await send({"type": "http.response.start", "status": 429, "headers": headers})
            body = b'{"error_code": "APIG.0308", "error_msg": "too fast"}'
            await send({"type": "http.response.body", "body": body})

        return in_front

    with served(tmp_path, wrap=wrap) as server:
        server.run("face-sets", "create", "staff")
        server.run("faces", "add", "staff", str(photos), "--id-from", "stem")
        assert server.image_ids() == ["alice", "bob", "carol"]
        assert next(refusals, None) is None


class TestPeopleFile:
    """``--csv``."""

    def test_it_names_ids_and_fields(self, staff: Served, photos: Path) -> None:
        people = photos.parent / "people.csv"
        people.write_text(
            "file,external_image_id,floor,active\nphotos/alice.png,A-1,1,true\ncarol.PNG,,3,\n"
        )
        staff.run(
            *("faces", "add", "staff", str(photos), "--csv", str(people)),
            *("--id-from", "stem", "--field", "floor=9"),
        )
        faces = staff.json("faces", "list", "staff")["faces"]
        assert {face["external_image_id"]: face["external_fields"] for face in faces} == {
            "A-1": {"floor": 1, "active": True},
            "bob": {"floor": 9},
            "carol": {"floor": 3},
        }

    @pytest.mark.parametrize("separator", [",", ";", "\t"])
    def test_without_pictures_all_it_names_are_added(
        self, staff: Served, photos: Path, separator: str
    ) -> None:
        people = photos / "people.csv"
        rows = [["file", "external_image_id"], ["alice.png", "A-1"], ["absent.png", "X-1"]]
        text = "\r\n".join(separator.join(row) for row in rows)
        people.write_text(text, encoding="utf-8-sig")
        told = staff.json("faces", "add", "staff", "--csv", str(people), status=1)
        assert staff.image_ids() == ["A-1"]
        assert "there is no file" in told["pictures"][1]["error_msg"]

    @pytest.mark.parametrize(
        ("text", "told"),
        [
            ("external_image_id\nA-1\n", "no column file"),
            ("file,size\nalice.png,3\n", "no size"),
            ("file,floor\nalice.png,3\nbob.png,high\n", "line 3: floor takes a whole number"),
            ("file,floor\n,3\n", "line 2: file is empty"),
            ("file,external_image_id\nalice.png,a b\n", "'a b'"),
            ('file,floor\n"alice.png,3\n', "line 2: unexpected end"),
        ],
    )
    def test_what_is_wrong_with_it_is_told_before_anything_is_sent(
        self, staff: Served, photos: Path, text: str, told: str
    ) -> None:
        people = photos / "people.csv"
        people.write_text(text)
        ended = staff.run("faces", "add", "staff", "--csv", str(people), status=2)
        assert told in " ".join(ended.stderr.replace("│", " ").split())
        assert staff.image_ids() == []

    def test_a_file_that_is_no_text_is_told(self, staff: Served, photos: Path) -> None:
        people = draw(photos / "people.csv", BLUE)
        ended = staff.run("faces", "add", "staff", "--csv", str(people), status=2)
        assert "as text" in ended.stderr
