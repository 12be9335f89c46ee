"""``openfrs face-sets`` against a running server."""

from tests.cli.served import Served, draw


def test_a_face_set_is_made_listed_shown_and_deleted(server: Served) -> None:
    made = server.json(
        *("face-sets", "create", "staff", "--field", "floor=integer", "--field", "badge=string"),
        *("--capacity", "20000", "--quality-gate", "blur=0.5"),
    )["face_set_info"]
    assert made["external_fields"] == {"floor": {"type": "integer"}, "badge": {"type": "string"}}
    assert made["face_set_capacity"] == 20000
    assert server.json("face-sets", "list") == {"face_sets_info": [made]}
    assert server.json("face-sets", "show", "staff") == {"face_set_info": made}
    assert server.json("face-sets", "delete", "staff", "--yes") == {"face_set_name": "staff"}
    assert server.json("face-sets", "list") == {"face_sets_info": []}


def test_people_and_pipes_get_lines(staff: Served) -> None:
    head, row = staff.run("face-sets", "list").stdout.splitlines()
    assert head.split("\t") == ["face set", "faces", "capacity", "fields", "created"]
    assert row.split("\t")[:3] == ["staff", "0", "100000"]
    assert "floor=integer" in row
    shown = dict(
        line.split("\t") for line in staff.run("face-sets", "show", "staff").stdout.splitlines()
    )
    assert shown["face set"] == "staff"
    assert shown["faces"] == "0"


def test_what_the_service_refuses_ends_with_its_code(staff: Served) -> None:
    refused = staff.run("face-sets", "create", "staff", status=1)
    assert refused.stdout == ""
    assert refused.stderr.startswith("Error: FRS.0301 ")
    assert "FRS.0302" in staff.run("face-sets", "show", "nowhere", status=1).stderr


def test_a_quality_gate_of_a_face_set_holds(server: Served) -> None:
    server.run("face-sets", "create", "staff", "--quality-gate", "face_pixels=40")
    small = draw(server.directory / "small.png", (40, 40, 200), (200, 40, 40))
    server.run("faces", "add", "staff", str(small))
    server.run("face-sets", "create", "strict", "--quality-gate", "face_pixels=4000")
    assert "FRS.0013" in server.run("faces", "add", "strict", str(small), status=1).stdout


def test_options_that_make_no_sense_are_named(server: Served) -> None:
    for words, named in (
        (["--field", "floor"], "--field"),
        (["--field", "floor=integer", "--field", "floor=string"], "twice"),
        (["--quality-gate", "blur=much"], "--quality-gate"),
        (["--quality-gate", "beauty=1"], "beauty"),
    ):
        assert named in server.run("face-sets", "create", "staff", *words, status=2).stderr


def test_nothing_is_deleted_where_nobody_can_be_asked(staff: Served) -> None:
    assert "--yes" in staff.run("face-sets", "delete", "staff", status=2).stderr
    assert len(staff.json("face-sets", "list")["face_sets_info"]) == 1
