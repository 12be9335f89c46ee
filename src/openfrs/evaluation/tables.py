"""Tables of labels: tab-separated values below a heading."""

import csv
from collections.abc import Sequence
from pathlib import Path

Row = Sequence[str]


def read_table(path: Path, columns: Sequence[str]) -> Sequence[tuple[Row, str]]:
    """The values of these columns, row by row, and where each row stands; others are ignored.

    A value that is not there is empty. Raises ValueError for a file that cannot be read, lacks a
    column or has no rows.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
            missing = set(columns) - set(rows.fieldnames or ())
            if missing:
                raise ValueError(f"{path}: no column {', '.join(sorted(missing))} in its header")
            table = [
                ([row[column] or "" for column in columns], f"{path}, line {rows.line_num}")
                for row in rows
            ]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ValueError(f"{path}: {error}") from None
    if not table:
        raise ValueError(f"{path}: no pictures are listed")
    return table
