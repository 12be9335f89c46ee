"""``openfrs audit``, on a data directory that a server has used."""

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from openfrs.auth.sealing import KEY_FILE
from openfrs.cli.commands import application
from openfrs.testing import TestService, make_service
from tests.api.calls import RED, add, make_set


def run(service: TestService, *words: str, status: int = 0) -> Any:
    result = CliRunner().invoke(
        application(), [*words, "--data-dir", str(service.openfrs.settings.data_dir)]
    )
    assert result.exit_code == status, result.output
    return result


@pytest.fixture
def service(tmp_path: Path) -> Iterator[TestService]:
    with make_service(tmp_path / "data") as running:
        make_set(running)
        add(running, RED)
        yield running


def tamper(service: TestService, statement: str) -> None:
    service.openfrs.database.write(lambda connection: connection.execute(statement))


def test_the_latest_entries_are_shown_last(service: TestService) -> None:
    lines = run(service, "audit", "show").stdout.splitlines()
    assert [line.split()[0] for line in lines] == ["1", "2", "3"]
    assert "FirstStart" in lines[0]
    assert "AddFaces" in lines[2]
    [only] = run(service, "audit", "show", "--limit", "1", "--json").stdout.splitlines()
    assert json.loads(only)["operation"] == "AddFaces"
    assert run(service, "audit", "show", "--user", "nobody").stdout == ""
    assert run(service, "audit", "show", "--until", "2020-01-01").stdout == ""
    found = run(service, "audit", "show", "--face-set", "staff", "--operation", "AddFaces").stdout
    assert len(found.splitlines()) == 1


def test_a_time_that_is_none_is_refused(service: TestService) -> None:
    run(service, "audit", "show", "--since", "yesterday", status=2)


def test_commands_are_recorded_as_somebody_local(service: TestService) -> None:
    key = json.loads(run(service, "keys", "create", "--json").stdout)["access_key"]
    run(service, "projects", "create", "second")
    run(service, "users", "create", "ann", "--generate-password")
    run(service, "users", "set-password", "ann", "--generate-password")
    run(service, "users", "remove", "ann")
    run(service, "projects", "remove", "second")
    run(service, "keys", "revoke", key)
    run(service, "keys", "list")
    shown = run(service, "audit", "show", "--json").stdout.splitlines()
    entries = [json.loads(line) for line in shown][3:]
    assert [(entry["operation"], entry["target"]) for entry in entries] == [
        ("keys create", f"access key {key}"),
        ("projects create", "project second"),
        ("users create", "user ann"),
        ("users set-password", "user ann"),
        ("users remove", "user ann"),
        ("projects remove", "project second"),
        ("keys revoke", f"access key {key}"),
    ]
    assert {entry["actor"] for entry in entries} == {"local"}
    assert all(entry["user"] for entry in entries)
    assert "whole" in run(service, "audit", "verify").stdout


def test_a_changed_entry_makes_verify_fail_and_name_it(service: TestService) -> None:
    noted = run(service, "audit", "verify").stdout.splitlines()[1].removeprefix("note elsewhere: ")
    make_set(service, "second")
    assert "whole" in run(service, "audit", "verify", "--expect", noted).stdout
    tamper(service, "UPDATE audit_entry SET entry = replace(entry, 'staff', 'stuff')")
    assert "broken at entry 2" in run(service, "audit", "verify", status=1).stderr
    run(service, "audit", "prune", "--before", "2020-01-01", status=1)
    run(service, "audit", "accept", status=1)


def test_an_end_that_was_cut_off_and_forged_is_found_by_the_seal(service: TestService) -> None:
    tamper(service, "DELETE FROM audit_entry WHERE number = 3")
    tamper(
        service,
        "UPDATE audit_head SET last = 2, hash = (SELECT hash FROM audit_entry WHERE number = 2)",
    )
    assert "broken at the end" in run(service, "audit", "verify", status=1).stderr


def test_a_lost_key_file_is_noticed_and_can_be_got_over(service: TestService) -> None:
    path = service.openfrs.settings.data_dir / KEY_FILE
    content = path.read_bytes()
    path.unlink()
    run(service, "keys", "revoke", service.established.access_key)
    assert "broken at the end" in run(service, "audit", "verify", status=1).stderr
    path.write_bytes(content)
    path.chmod(0o600)
    assert "broken at the end" in run(service, "audit", "verify", status=1).stderr
    run(service, "audit", "accept")
    run(service, "audit", "verify")
    [accepted] = run(
        service, "audit", "show", "--operation", "audit accept", "--json"
    ).stdout.splitlines()
    assert json.loads(accepted)["actor"] == "local"


def test_the_export_holds_every_entry_as_lines_or_as_a_table(service: TestService) -> None:
    lines = run(service, "audit", "export").stdout.splitlines()
    assert [json.loads(line)["number"] for line in lines] == [1, 2, 3]
    table = list(
        csv.DictReader(io.StringIO(run(service, "audit", "export", "--format", "csv").stdout))
    )
    assert [row["number"] for row in table] == ["1", "2", "3"]
    assert table[2]["faces"] == json.loads(lines[2])["faces"][0]


def test_pruning_leaves_a_log_that_can_be_verified(service: TestService) -> None:
    assert "removed 0" in run(service, "audit", "prune", "--before", "2020-01-01").stdout
    last = json.loads(run(service, "audit", "export").stdout.splitlines()[-1])
    assert "removed 2" in run(service, "audit", "prune", "--before", last["time"]).stdout
    assert "entries 3 to 4" in run(service, "audit", "verify").stdout
    run(service, "audit", "prune", "--before", "2999-01-01", status=2)


def test_without_an_installation_it_says_so(tmp_path: Path) -> None:
    result = CliRunner().invoke(application(), ["audit", "verify", "--data-dir", str(tmp_path)])
    assert result.exit_code == 2
    assert "no installation" in result.stderr
