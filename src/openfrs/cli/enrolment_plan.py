"""Which pictures are to be enrolled, and with which external_image_id and fields."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import typer

from openfrs.cli.people_file import PeopleFile
from openfrs.cli.picture_files import STDIN
from openfrs.domain.fields import EXTERNAL_IMAGE_ID, FieldValue


class IdFrom(StrEnum):
    """Where an external_image_id comes from that nothing else names."""

    SERVICE = "service"
    STEM = "stem"
    SLUG = "slug"
    FOLDER = "folder"


@dataclass(frozen=True, slots=True)
class Entry:
    """A picture to enrol. Without an ``image_id`` the service makes one."""

    picture: str
    image_id: str | None
    fields: Mapping[str, FieldValue]


def make_plan(
    pictures: Sequence[str],
    *,
    id_from: IdFrom,
    image_id: str | None,
    fields: Mapping[str, FieldValue],
    people: PeopleFile | None,
) -> Sequence[Entry]:
    """An entry for each picture; without pictures, for each line of the people file.

    What the people file says of a picture goes before what holds for all.

    Raises typer.BadParameter where a picture cannot have the id that it would get.
    """
    if not pictures and people is not None:
        pictures = [str(person.picture) for person in people.persons]
    entries = [_entry(picture, id_from, image_id, fields, people) for picture in pictures]
    for entry in entries:
        if entry.image_id is not None and not EXTERNAL_IMAGE_ID.fullmatch(entry.image_id):
            raise typer.BadParameter(
                f"{entry.picture} would get the external_image_id {entry.image_id!r}, which has "
                "to be 1 to 36 letters, digits, hyphens or underscores. "
                "Try --id-from slug, or name the ids in a file with --csv"
            )
    if id_from is IdFrom.SLUG:
        _check_slugs(entries)
    return entries


def _entry(
    picture: str,
    id_from: IdFrom,
    image_id: str | None,
    fields: Mapping[str, FieldValue],
    people: PeopleFile | None,
) -> Entry:
    path = Path(picture)
    person = people.of(path) if people is not None and picture != STDIN else None
    made = None if picture == STDIN else _FROM[id_from](path)
    if person is not None:
        return Entry(picture, person.image_id or image_id or made, {**fields, **person.fields})
    return Entry(picture, image_id or made, fields)


def _slug(path: Path) -> str:
    return re.sub(r"[^A-Za-z0-9_-]+", "-", path.stem).strip("-")


_FROM: Mapping[IdFrom, Callable[[Path], str | None]] = {
    IdFrom.SERVICE: lambda _: None,
    IdFrom.STEM: lambda path: path.stem,
    IdFrom.SLUG: _slug,
    IdFrom.FOLDER: lambda path: path.resolve().parent.name,
}


def _check_slugs(entries: Sequence[Entry]) -> None:
    """Raises BadParameter where two names that differ would become one id."""
    stems: dict[str, str] = {}
    for entry in entries:
        stem = Path(entry.picture).stem
        if entry.image_id != _slug(Path(entry.picture)):
            continue
        other = stems.setdefault(entry.image_id, stem)
        if other != stem:
            raise typer.BadParameter(
                f"{other!r} and {stem!r} would both get the external_image_id {entry.image_id}"
            )
