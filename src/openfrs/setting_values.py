"""The values of settings, from texts of the environment and values of a file to their types."""

from collections.abc import Mapping
from pathlib import Path
from types import UnionType
from typing import Any, get_args, get_origin

from openfrs.domain.operator import OperatorCanMend


class SettingInvalid(OperatorCanMend):
    """A setting is unknown or its value cannot be read."""


def checked_values(
    source: Mapping[str, object], types: Mapping[str, Any], where: str
) -> dict[str, object]:
    """The values as their settings' types. Raises SettingInvalid, which says where they stand."""
    checked = {}
    for name, value in source.items():
        if name not in types:
            raise SettingInvalid(f"{where}: there is no setting {name}")
        try:
            checked[name] = _convert(value, types[name])
        except (TypeError, ValueError):
            raise SettingInvalid(f"{where}: {name} cannot be {value!r}") from None
    return checked


def _convert(value: object, kind: Any) -> object:
    """The value as its setting's type; texts of the environment are read as such."""
    if isinstance(kind, UnionType):
        kind = next(choice for choice in get_args(kind) if choice is not type(None))
    if get_origin(kind) is tuple:
        items = value.split(",") if isinstance(value, str) else value
        if not isinstance(items, list | tuple) or not all(isinstance(i, str) for i in items):
            raise TypeError
        return tuple(item.strip() for item in items if item.strip())
    if kind is Path and isinstance(value, str | Path):
        return Path(value).expanduser()
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise TypeError
    if kind is str and not isinstance(value, str):
        raise TypeError
    return kind(value)
