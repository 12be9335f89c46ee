"""``openfrs search | compare | detect`` against a running server."""

from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image as Pillow

from openfrs.testing import picture
from tests.cli.served import BLUE, GREEN, RED, REDDISH, Served, draw


@pytest.fixture
def enrolled(staff: Served, photos: Path) -> Served:
    """alice on floor 1 and bob on floor 2."""
    for floor, name in enumerate(("alice", "bob"), 1):
        staff.run(
            *("faces", "add", "staff", str(photos / f"{name}.png"), "--id-from", "stem"),
            *("--field", f"floor={floor}", "--field", "badge=B_1"),
        )
    return staff


@pytest.fixture
def again(tmp_path: Path) -> str:
    """Another picture of alice."""
    return str(draw(tmp_path / "again.png", REDDISH))


def names(answer: dict[str, list[dict[str, str]]]) -> list[str]:
    return [face["external_image_id"] for face in answer["faces"]]


def test_a_picture_finds_its_person(enrolled: Served, again: str) -> None:
    found = enrolled.json("search", "staff", again)
    assert names(found) == ["alice", "bob"]
    assert found["faces"][0]["external_fields"] == {"floor": 1, "badge": "B_1"}
    result = enrolled.run("search", "staff", again)
    head, first, _ = [line.split("\t") for line in result.stdout.splitlines()]
    assert head == ["similarity", "face_id", "external_image_id", "box", "fields"]
    assert first[2] == "alice"
    assert float(first[0]) > 0.93
    assert "2 found, 1 of them at 0.93 or above" in result.stderr


def test_a_search_is_narrowed_and_ordered(enrolled: Served, again: str) -> None:
    assert names(enrolled.json("search", "staff", again, "--top-n", "1")) == ["alice"]
    assert names(enrolled.json("search", "staff", again, "--threshold", "0.9")) == ["alice"]
    assert names(enrolled.json("search", "staff", again, "--filter", "floor:2")) == ["bob"]
    ordered = enrolled.json("search", "staff", again, "--sort", "floor:desc", "--fields", "floor")
    assert names(ordered) == ["bob", "alice"]
    assert ordered["faces"][0]["external_fields"] == {"floor": 2}


def test_a_stored_face_or_standard_input_is_searched_for(enrolled: Served) -> None:
    face_id = enrolled.json("search", "staff", "-", stdin=picture(GREEN))["faces"][0]["face_id"]
    assert names(enrolled.json("search", "staff", "--face-id", face_id))[0] == "bob"


def test_a_search_wants_one_probe(enrolled: Served, again: str) -> None:
    for words in ([], [again, "--face-id", "x"]):
        assert "one of them" in enrolled.run("search", "staff", *words, status=2).stderr
    assert "--sort" in enrolled.run("search", "staff", again, "--sort", "floor", status=2).stderr


def test_refusals_of_the_service_have_its_codes(enrolled: Served, again: str) -> None:
    nobody = str(draw(enrolled.directory / "nobody.png"))
    assert "FRS.0304" in enrolled.run("search", "staff", nobody, status=1).stderr
    assert "FRS.0029" in enrolled.run("search", "staff", again, "--filter", "(", status=1).stderr
    assert "FRS.0501" in enrolled.run("compare", nobody, again, status=1).stderr


def test_two_pictures_are_compared(enrolled: Served, again: str, photos: Path) -> None:
    alice, bob = str(photos / "alice.png"), str(photos / "bob.png")
    same = enrolled.json("compare", alice, again)
    assert same["passes"] is True
    assert same["threshold"] == 0.93
    assert enrolled.json("compare", alice, bob)["passes"] is False
    assert enrolled.json("compare", alice, again, "--threshold", "1")["passes"] is False
    assert "passes\tyes\n" in enrolled.run("compare", alice, "-", stdin=picture(RED)).stdout
    assert "only one" in enrolled.run("compare", "-", "-", status=2).stderr


def test_faces_are_detected_and_measured(server: Served, tmp_path: Path) -> None:
    path = str(draw(tmp_path / "two.png", RED, BLUE))
    assert len(server.json("detect", path)["faces"]) == 2
    assert "attributes" not in server.json("detect", path)["faces"][0]
    by_name = server.json("detect", path, "--attributes", "age,gender,head_pose,face-angle")
    assert by_name == server.json("detect", path, "--attributes", "2,1,0,21")
    assert by_name["faces"][0]["attributes"]["age"] == RED[0]
    everything = server.json("detect", path, "--attributes", "all")["faces"][0]["attributes"]
    assert {"age", "quality", "landmark", "dress"} <= set(everything)
    rows = server.run("detect", path, "--attributes", "all").stdout.splitlines()[1:]
    assert [row.split("\t")[:2] for row in rows] == [["1", "56x56+0+0"], ["2", "48x48+64+0"]]
    assert "age 200" in rows[0]
    assert "landmark 5 points" in rows[0]
    assert "beauty" in server.run("detect", path, "--attributes", "beauty", status=2).stderr


def test_what_was_detected_is_drawn_into_the_upright_picture(
    server: Served, tmp_path: Path
) -> None:
    exif = Pillow.Exif()
    exif[0x0112] = 6  # to be turned by a quarter
    file = BytesIO()
    Pillow.open(BytesIO(picture(RED, BLUE))).save(file, "PNG", exif=exif)
    (tmp_path / "turned.png").write_bytes(file.getvalue())
    marked = tmp_path / "marked.png"
    [face, _] = server.json(
        *("detect", str(tmp_path / "turned.png"), "--attributes", "landmark"),
        *("--draw", str(marked)),
    )["faces"]
    box = face["bounding_box"]
    drawn = Pillow.open(marked).convert("RGB")
    assert drawn.size == (64, 128)
    corner = (box["top_left_x"], box["top_left_y"])
    opposite = (corner[0] + box["width"] - 1, corner[1] + box["height"] - 1)
    assert drawn.getpixel(corner) == drawn.getpixel(opposite) == (0, 200, 83)
    middle = (corner[0] + box["width"] // 2, corner[1] + box["height"] // 2)
    assert drawn.getpixel(middle) == (255, 196, 0)
    nowhere = str(tmp_path / "no" / "such" / "place.png")
    for name in (nowhere, str(tmp_path / "marked.odd")):
        ended = server.run("detect", str(tmp_path / "turned.png"), "--draw", name, status=2)
        assert "--draw" in ended.stderr


def test_files_that_are_no_pictures_are_named(server: Served, tmp_path: Path) -> None:
    (tmp_path / "empty.png").write_bytes(b"")
    (tmp_path / "text.png").write_text("no picture")
    for name, status, told in (
        ("absent.png", 2, "there is no file"),
        ("empty.png", 2, "is empty"),
        ("", 2, "is a folder"),
        ("text.png", 1, "FRS.0016"),
    ):
        ended = server.run("detect", str(tmp_path / name), status=status)
        assert told in " ".join(ended.stderr.replace("│", " ").split())
    assert "standard input" in server.run("detect", "-", status=2, stdin=b"").stderr
