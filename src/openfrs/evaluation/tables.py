"""Tables of labels: tab-separated values below a heading."""

import csv
from collections.abc import Sequence
from pathlib import Path

Row = Sequence[str]


def read_table(path: Path, columns: Sequence[str]) -> Sequence[tuple[Row, str]]:
    """The values of these columns, row by row, and where each row stands; others are ignored.

    A value that is not there is empty; white space around values and names of columns does not
    count, nor does a row in which nothing else stands.

    Raises ValueError for a file that cannot be read, lacks a column or has no rows.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
            header = [name.strip() for name in next(rows, [])]
            missing = set(columns) - set(header)
            if missing:
                raise ValueError(f"{path}: no column {', '.join(sorted(missing))} in its header")
            places = [header.index(column) for column in columns]
            table = [
                (
                    [row[place].strip() if place < len(row) else "" for place in places],
                    f"{path}, line {rows.line_num}",
                )
                for row in rows
                if any(value.strip() for value in row)
            ]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ValueError(f"{path}: {error}") from None
    if not table:
        raise ValueError(f"{path}: no pictures are listed")
    return table
