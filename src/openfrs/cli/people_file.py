"""A CSV file that says who is on which picture: ``file``, ``external_image_id`` and fields."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import typer

from openfrs.cli.field_values import typed
from openfrs.domain.fields import FieldValue, Schema

FILE, IMAGE_ID = "file", "external_image_id"
SEPARATORS = ",;\t"


@dataclass(frozen=True, slots=True)
class Person:
    """A line of the file; ``picture`` is below the file's folder unless it is absolute."""

    picture: Path
    image_id: str | None
    fields: Mapping[str, FieldValue]


@dataclass(frozen=True, slots=True)
class PeopleFile:
    """The lines of a file, found by path, or by name where the path says nothing else."""

    persons: Sequence[Person]

    def of(self, picture: Path) -> Person | None:
        """The line about a picture; None where there is none, or where several bear its name."""
        path = picture.resolve()
        for person in self.persons:
            if person.picture.resolve() == path:
                return person
        named = [person for person in self.persons if person.picture.name == picture.name]
        return named[0] if len(named) == 1 else None


def read_people(path: Path, schema: Schema) -> PeopleFile:
    """The file's lines; an empty cell says nothing. Comma, semicolon or tab separates cells.

    Raises typer.BadParameter, with the line where something is wrong.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, ValueError):
        raise _wrong(f"{path} cannot be read as text") from None
    head = text.partition("\n")[0]
    rows = csv.DictReader(
        io.StringIO(text, newline=""),
        delimiter=max(SEPARATORS, key=head.count),
        restkey="",
        strict=True,
    )
    columns = [name for name in rows.fieldnames or () if name]
    if FILE not in columns:
        raise _wrong(f"{path} has no column {FILE}")
    unknown = [name for name in columns if name not in (FILE, IMAGE_ID, *schema)]
    if unknown:
        known = ", ".join((FILE, IMAGE_ID, *schema))
        raise _wrong(f"{path}: there is no {unknown[0]} in the face set; columns: {known}")
    persons = []
    try:
        for row in rows:
            cells = {name: (row[name] or "").strip() for name in columns}
            persons.append(_person(path, cells, schema))
    except (ValueError, csv.Error) as error:
        raise _wrong(f"{path} line {rows.reader.line_num}: {error}") from None
    return PeopleFile(persons)


def _person(path: Path, cells: Mapping[str, str], schema: Schema) -> Person:
    if not cells[FILE]:
        raise ValueError(f"{FILE} is empty")
    given = {name: text for name, text in cells.items() if name in schema and text}
    return Person(path.parent / cells[FILE], cells.get(IMAGE_ID) or None, typed(schema, given))


def _wrong(text: str) -> typer.BadParameter:
    return typer.BadParameter(text, param_hint="--csv")
