"""How a command on faces finds its service, signs in, and says that it cannot."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from starlette.types import Receive, Scope, Send
from typer.testing import CliRunner

from openfrs import credentials_file
from openfrs.cli import identity
from openfrs.cli.serve import listening_socket
from tests.cli.served import Served, run, served

LIST = ("face-sets", "list", "--json")


@pytest.fixture
def nowhere() -> str:
    """An address at which nothing listens."""
    with listening_socket("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
    return f"http://127.0.0.1:{port}"


def own(server: Served) -> list[str]:
    return ["--server", server.url, "--data-dir", str(server.directory / "no-data")]


def names(text: str) -> list[str]:
    return [info["face_set_name"] for info in json.loads(text)["face_sets_info"]]


def operator(server: Served, *words: str) -> str:
    """What a command on accounts prints, on the service's own data directory."""
    app = {"keys": identity.keys, "users": identity.users, "projects": identity.projects}[words[0]]
    directory = str(server.directory / "service")
    result = CliRunner().invoke(app, [*words[1:], "--data-dir", directory])
    assert result.exit_code == 0, result.output
    return result.stdout


def test_a_password_signs_in_from_a_file_from_standard_input_or_asked_for(staff: Served) -> None:
    password = staff.service.established.password
    file = staff.directory / "password"
    file.write_text(f"{password}\n")
    words = (*LIST, *own(staff), "--user", "admin")
    assert names(run(*words, "--password-file", str(file)).stdout) == ["staff"]
    for more in (["--password-file", "-"], []):
        result = run(*words, *more, stdin=f"{password}\n")
        assert names(result.stdout) == ["staff"]
        assert password not in result.output
    wrong = run(*words, stdin="wrong\n")
    assert wrong.exit_code == 4
    assert "password is wrong" in wrong.stderr
    absent = run(*words, "--password-file", str(staff.directory / "absent"))
    assert absent.exit_code == 1
    assert "absent" in absent.stderr


def test_a_token_signs_in(staff: Served) -> None:
    words = (*LIST, *own(staff))
    assert names(run(*words, "--token", staff.service.token).stdout) == ["staff"]
    assert names(run(*words, OPENFRS_TOKEN=staff.service.token).stdout) == ["staff"]
    for token in ("wrong", "é"):
        assert run(*words, "--token", token).exit_code == 4


def test_an_access_key_signs_in_without_its_secret_on_the_line(staff: Served) -> None:
    made = staff.service.established
    words = (*LIST, *own(staff), "--access-key", made.access_key)
    assert names(run(*words, OPENFRS_SECRET_KEY=made.secret_key).stdout) == ["staff"]
    assert run(*words, OPENFRS_SECRET_KEY="wrong").exit_code == 4
    assert "OPENFRS_SECRET_KEY" in run(*words).stderr


def test_a_temporary_key_signs_in_with_its_token(staff: Served) -> None:
    key = json.loads(operator(staff, "keys", "create", "--temporary", "--json"))
    given = {
        "OPENFRS_ACCESS_KEY": key["access_key"],
        "OPENFRS_SECRET_KEY": key["secret_key"],
        "OPENFRS_SECURITY_TOKEN": key["security_token"],
    }
    assert names(run(*LIST, *own(staff), **given).stdout) == ["staff"]
    given["OPENFRS_SECURITY_TOKEN"] = "wrong"
    assert run(*LIST, *own(staff), **given).exit_code == 4


def test_nobody_is_not_signed_in(staff: Served) -> None:
    ended = run(*LIST, *own(staff))
    assert ended.exit_code == 4
    assert "OPENFRS_ACCESS_KEY" in ended.stderr


def test_a_project_is_named_by_name_or_id_where_there_are_several(staff: Served) -> None:
    project_id = operator(staff, "projects", "create", "branch").strip()
    assert "local-1, branch" in " ".join(staff.run(*LIST, status=2).stderr.split())
    for project in ("branch", project_id):
        assert names(staff.run(*LIST, "--project", project).stdout) == []
    assert names(staff.run(*LIST, "--project", "local-1").stdout) == ["staff"]
    assert "no project nowhere" in staff.run(*LIST, "--project", "nowhere", status=2).stderr


def credentials_of(server: Served, directory: Path, endpoint: str) -> None:
    """What the first start wrote, where another machine's operator has put it."""
    directory.mkdir()
    content = dict(credentials_file.read(server.directory / "service") or {})
    credentials_file.write(directory, content | {"endpoint": endpoint})


def test_without_options_the_server_of_credentials_json_is_asked(
    staff: Served, tmp_path: Path
) -> None:
    credentials_of(staff, tmp_path / "home", staff.url)
    found = run(*LIST, OPENFRS_DATA_DIR=str(tmp_path / "home"))
    assert names(found.stdout) == ["staff"]
    assert f"Using the server at {staff.url}" in found.stderr
    named = run(*LIST, "--server", staff.url, "--data-dir", str(tmp_path / "home"))
    assert names(named.stdout) == ["staff"]
    assert named.stderr == ""


def test_where_nothing_answers_is_told_with_what_to_do(
    staff: Served, tmp_path: Path, nowhere: str
) -> None:
    silent = run(*LIST, "--server", nowhere, "--token", "x")
    assert silent.exit_code == 3
    assert nowhere in silent.stderr
    credentials_of(staff, tmp_path / "home", nowhere)
    for given in ({}, {"OPENFRS_TOKEN": "x"}):
        ended = run(*LIST, OPENFRS_DATA_DIR=str(tmp_path / "home"), **given)
        assert ended.exit_code == 3
        assert "--server" in ended.stderr
    absent = run(*LIST, "--data-dir", str(tmp_path / "absent"))
    assert absent.exit_code == 3
    assert "no installation" in absent.stderr
    assert not (tmp_path / "absent").exists()
    assert run(*LIST, "--server", "http://x:abc", "--token", "x").exit_code == 2


async def another_service(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "http":
        headers = [(b"content-type", b"text/html")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"<html>hello</html>"})


def test_what_is_no_openfrs_is_told(tmp_path: Path) -> None:
    with served(tmp_path, wrap=lambda _: another_service) as server:
        ended = server.run(*LIST, status=3)
    assert "no OpenFRS" in ended.stderr


def test_a_setting_that_makes_no_sense_is_told(staff: Served) -> None:
    ended = run(*LIST, *own(staff), OPENFRS_PORT="many")
    assert ended.exit_code == 1
    assert "port cannot be" in ended.stderr


def completed(server: Served, line: str) -> list[str]:
    """What bash offers at the end of that line."""
    code = "from openfrs.cli.commands import run; run()"
    given: dict[str, str] = {
        "_OPENFRS_COMPLETE": "complete_bash",
        "_TYPER_COMPLETE_ARGS": line,
        "COMP_WORDS": line,
        "COMP_CWORD": str(line.count(" ")),
    }
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.argv = ['openfrs']; {code}"],
        env={**os.environ, **server.environment, **given},
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.stderr == ""
    return done.stdout.split()


def test_a_shell_completes_commands_and_face_sets(staff: Served) -> None:
    staff.run("face-sets", "create", "visitors")
    assert {"face-sets", "faces"} <= set(completed(staff, "openfrs fa"))
    assert completed(staff, "openfrs faces sh") == ["show"]
    assert completed(staff, "openfrs faces list ") == ["staff", "visitors"]
    assert completed(staff, "openfrs search vi") == ["visitors"]
    assert completed(staff, "openfrs search --token wrong st") == []


def test_a_command_that_asks_a_server_loads_no_models_library(staff: Served) -> None:
    code = (
        "import sys; from openfrs.cli.commands import run; sys.argv = ['openfrs', 'face-sets',"
        " 'list']\ntry: run()\nexcept SystemExit: pass\n"
        "print([name for name in ('onnxruntime', 'cv2', 'faiss') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, **staff.environment},
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.stdout.splitlines()[-2:][0].startswith("staff\t")
    assert done.stdout.splitlines()[-1] == "[]"
