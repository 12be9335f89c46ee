"""What a person sees at a terminal: tables, a progress bar, questions."""

import os
import pty
import subprocess
from pathlib import Path

from tests.cli.served import PATIENCE, Served


def at_terminal(server: Served, *words: str, typed: str = "") -> tuple[int, str]:
    """The exit status, and what the terminal shows."""
    ours, theirs = pty.openpty()
    try:
        process = server.start(*words, stdin=theirs, stdout=theirs, stderr=theirs)
    finally:
        os.close(theirs)
    os.write(ours, typed.encode())
    shown = b""
    try:
        while data := os.read(ours, 65536):
            shown += data
    except OSError:  # the other end is closed
        pass
    os.close(ours)
    return process.wait(PATIENCE), shown.decode()


def test_lists_are_tables(staff: Served) -> None:
    status, shown = at_terminal(staff, "face-sets", "list")
    assert status == 0
    assert "─────" in shown
    assert "staff" in shown
    assert "\t" not in shown
    status, shown = at_terminal(staff, "face-sets", "show", "staff")
    assert "capacity  100000" in shown


def test_work_on_many_pictures_has_a_bar(staff: Served, photos: Path) -> None:
    status, shown = at_terminal(staff, "faces", "add", "staff", str(photos))
    assert status == 0
    assert "/3" in shown
    assert "3 pictures: 3 added; 3 new faces" in shown


def test_what_goes_is_counted_and_asked_for(staff: Served, photos: Path) -> None:
    staff.run("faces", "add", "staff", str(photos), "--id-from", "stem", "--field", "floor=3")
    for words, question in (
        (("faces", "delete", "staff", "--filter", "floor:3"), "Delete 3 faces of staff?"),
        (("faces", "delete", "staff", "--external-image-id", "bob"), "Delete 1 face of staff?"),
        (("face-sets", "delete", "staff"), "Delete staff with 3 faces?"),
    ):
        status, shown = at_terminal(staff, *words, typed="n\n")
        assert question in shown
        assert status == 1
        assert len(staff.image_ids()) == 3
    status, _ = at_terminal(staff, "faces", "delete", "staff", "--filter", "floor:3", typed="y\n")
    assert status == 0
    assert staff.image_ids() == []


def test_the_help_is_in_groups(server: Served) -> None:
    with server.start("--help", stdout=subprocess.PIPE) as process:
        output, _ = process.communicate(timeout=PATIENCE)
    order = ["Service", "Faces", "Accounts", "Models", "Measuring"]
    places = [output.decode().index(f"─ {name} ─") for name in order]
    assert places == sorted(places)
