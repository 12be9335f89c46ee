"""Filters, counts and what is there already, in the commands on faces."""

from pathlib import Path

import pytest

from tests.cli.served import GREEN, Served, draw


@pytest.fixture
def enrolled(staff: Served, photos: Path) -> Served:
    """alice on floor 1, bob on 2, carol on 3, in that order."""
    for floor, name in enumerate(("alice.png", "bob.png", "more/carol.PNG"), 1):
        staff.run(
            *("faces", "add", "staff", str(photos / name)),
            *("--id-from", "stem", "--field", f"floor={floor}"),
        )
    return staff


def test_faces_that_match_are_listed_and_counted(enrolled: Served) -> None:
    page = enrolled.json("faces", "list", "staff", "--filter", "floor:[2 TO *]", "--limit", "1")
    assert page["total"] == 2
    assert [face["external_image_id"] for face in page["faces"]] == ["bob"]
    everything = enrolled.json("faces", "list", "staff", "--filter", "floor:[2 TO *]", "--all")
    assert [face["external_image_id"] for face in everything["faces"]] == ["bob", "carol"]
    told = enrolled.run("faces", "list", "staff", "--filter", "floor:[2 TO *]").stderr
    assert "1 to 2 of 2 that match" in told


def test_the_place_where_a_filter_is_wrong_is_marked(enrolled: Served) -> None:
    filter_text = "floor:1 && size:2"
    refused = enrolled.run("faces", "list", "staff", "--filter", filter_text, status=1)
    first, *marked = refused.stderr.splitlines()
    assert first.startswith("Error: FRS.0402")
    assert marked == [f"  {filter_text}", f"  {' ' * filter_text.index('size')}^"]


def test_what_is_there_already_is_skipped(staff: Served, photos: Path) -> None:
    words = ("faces", "add", "staff", str(photos), "--id-from", "stem", "--skip-existing")
    staff.run("faces", "add", "staff", str(photos / "bob.png"), "--id-from", "stem")
    told = staff.json(*words)
    assert {row["external_image_id"]: row["became"] for row in told["pictures"]} == {
        "alice": "added",
        "bob": "skipped",
        "carol": "added",
    }
    again = staff.json(*words)
    assert (again["added"], again["skipped"]) == (0, 3)
    assert staff.image_ids() == ["alice", "bob", "carol"]


def test_all_pictures_of_somebody_new_are_added(staff: Served, photos: Path) -> None:
    for name in ("1.png", "2.png"):
        draw(photos / "bob" / name, GREEN)
    words = ("faces", "add", "staff", str(photos / "bob"), "--id-from", "folder", "--skip-existing")
    assert staff.json(*words)["added"] == 2
    assert staff.json(*words)["skipped"] == 2


def test_skipping_needs_ids_that_are_known_before(staff: Served, photos: Path) -> None:
    ended = staff.run("faces", "add", "staff", str(photos), "--skip-existing", status=2)
    assert "--id-from" in ended.stderr
