"""``openfrs faces list | show | update | delete`` against a running server."""

from pathlib import Path

import pytest

from tests.cli.served import Served


@pytest.fixture
def enrolled(staff: Served, photos: Path) -> Served:
    """alice on floor 1, bob on 2, carol on 3, in that order."""
    for floor, name in enumerate(("alice.png", "bob.png", "more/carol.PNG"), 1):
        staff.run(
            *("faces", "add", "staff", str(photos / name)),
            *("--id-from", "stem", "--field", f"floor={floor}"),
        )
    return staff


def id_of(server: Served, image_id: str) -> str:
    faces = server.json("faces", "list", "staff", "--all")["faces"]
    return next(str(f["face_id"]) for f in faces if f["external_image_id"] == image_id)


def test_faces_are_listed_by_page(enrolled: Served) -> None:
    page = enrolled.json("faces", "list", "staff", "--offset", "1", "--limit", "1")
    assert page["total"] == 3
    assert [face["external_image_id"] for face in page["faces"]] == ["bob"]
    assert enrolled.image_ids() == ["alice", "bob", "carol"]
    result = enrolled.run("faces", "list", "staff", "--limit", "2")
    head, *rows = result.stdout.splitlines()
    assert head.split("\t") == ["face_id", "external_image_id", "box", "fields"]
    assert [row.split("\t")[1:] for row in rows] == [
        ["alice", "56x56+0+0", "floor=1"],
        ["bob", "56x56+0+0", "floor=2"],
    ]
    assert "1 to 2 of 3" in result.stderr
    assert "none of 3" in enrolled.run("faces", "list", "staff", "--offset", "9").stderr


def test_a_face_is_shown_and_changed(enrolled: Served) -> None:
    bob = id_of(enrolled, "bob")
    enrolled.run(
        *("faces", "update", "staff", bob, "--external-image-id", "robert"),
        *("--field", "active=true", "--field", "ratio=0.5", "--field", "since=-4"),
    )
    [face] = enrolled.json("faces", "show", "staff", bob)["faces"]
    assert face["external_image_id"] == "robert"
    assert face["external_fields"] == {"floor": 2, "active": True, "ratio": 0.5, "since": -4}
    text = enrolled.run("faces", "show", "staff", bob).stdout
    assert "external_image_id\trobert\n" in text
    assert "active=true" in text


@pytest.mark.parametrize(
    ("field", "named"),
    [
        ("floor=third", "floor takes a whole number"),
        ("floor=2.5", "floor takes a whole number"),
        ("floor=9999999999", "32 bits"),
        ("active=yes", "true or false"),
        ("badge=a b", "letters"),
        ("size=3", "no field size"),
    ],
)
def test_a_value_that_does_not_fit_its_field_is_named(
    enrolled: Served, field: str, named: str
) -> None:
    ended = enrolled.run("faces", "update", "staff", "any", "--field", field, status=2)
    assert named in " ".join(ended.stderr.replace("│", " ").split())


def test_an_update_of_nothing_is_a_mistake(enrolled: Served) -> None:
    assert "--field" in enrolled.run("faces", "update", "staff", "any", status=2).stderr


def test_faces_are_deleted_by_id_and_by_image_id(enrolled: Served) -> None:
    alice, bob = id_of(enrolled, "alice"), id_of(enrolled, "bob")
    ended = enrolled.run("faces", "delete", "staff", "--id", alice, "--id", bob, "--yes")
    assert "deleted 2 faces" in ended.stderr
    answer = enrolled.json("faces", "delete", "staff", "--external-image-id", "carol", "--yes")
    assert answer["face_number"] == 1
    assert enrolled.image_ids() == []


def test_a_refused_id_does_not_hide_what_has_gone(enrolled: Served) -> None:
    alice, bob = id_of(enrolled, "alice"), id_of(enrolled, "bob")
    words = [word for one in (alice, alice, "nobody12", bob) for word in ("--id", one)]
    ended = enrolled.run("faces", "delete", "staff", *words, "--yes", status=1)
    assert f"deleted 1 face, up to {alice}" in ended.stderr
    assert "FRS.0303" in ended.stderr
    assert "nobody12" in ended.stderr
    assert enrolled.image_ids() == ["bob", "carol"]


def test_nobody_is_asked_about_no_face(enrolled: Served) -> None:
    for words in (["--filter", "floor:9"], ["--external-image-id", "dora"]):
        ended = enrolled.run("faces", "delete", "staff", *words, status=1)
        assert "no face of staff matches" in ended.stderr


def test_faces_are_deleted_by_filter(enrolled: Served) -> None:
    enrolled.run("faces", "delete", "staff", "--filter", "floor:[2 TO *]", "--yes")
    assert enrolled.image_ids() == ["alice"]
    nothing = enrolled.run("faces", "delete", "staff", "--filter", "floor:9", "--yes", status=1)
    assert "FRS.0401" in nothing.stderr or "FRS.0407" in nothing.stderr


def test_one_way_of_choosing_what_goes_is_wanted(enrolled: Served) -> None:
    for words in ([], ["--id", "a", "--filter", "floor:1"]):
        assert "give one of" in enrolled.run("faces", "delete", "staff", *words, status=2).stderr
    assert enrolled.image_ids() == ["alice", "bob", "carol"]
