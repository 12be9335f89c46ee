"""The page about upgrades knows every version of the database."""

import re
from pathlib import Path

from openfrs.storage.copying import latest_schema

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "upgrade.md"


def test_every_version_of_the_database_has_its_row() -> None:
    rows = re.findall(r"^\| (\d+) \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert [int(row) for row in rows] == list(range(1, latest_schema() + 1))
