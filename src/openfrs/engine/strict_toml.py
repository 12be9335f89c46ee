"""A TOML table read key by key, so that a wrong or unknown key is named where it stands."""

import math
import re
from collections.abc import Mapping, Sequence


class Unfit(ValueError):
    """A key is missing, unknown, or of the wrong kind; the message names it."""


class Table:
    """One table of a TOML document. Take every key, then call ``finish``."""

    def __init__(self, values: Mapping[str, object], where: str = "") -> None:
        self._values = dict(values)
        self._where = where

    def path(self, key: str) -> str:
        """The key with the tables around it, as in ``files[2].input.scale``."""
        return f"{self._where}.{key}" if self._where else key

    def __contains__(self, key: str) -> bool:
        return key in self._values

    def text(self, key: str, pattern: str = r"\S.*") -> str:
        """A string that matches the pattern whole. Raises Unfit."""
        value = self._take(key)
        if not isinstance(value, str) or not re.fullmatch(pattern, value):
            raise Unfit(f"{self.path(key)}: not a text that fits {pattern}")
        return value

    def choice(self, key: str, choices: Sequence[str]) -> str:
        """One of the given texts. Raises Unfit."""
        value = self._take(key)
        if not isinstance(value, str) or value not in choices:
            raise Unfit(f"{self.path(key)}: not one of {', '.join(sorted(choices))}")
        return value

    def whole(self, key: str, least: int, most: int) -> int:
        """A whole number within the bounds. Raises Unfit."""
        value = self._take(key)
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise Unfit(f"{self.path(key)}: not a whole number from {least} to {most}")
        return value

    def number(self, key: str) -> float:
        """A finite number. Raises Unfit."""
        return _number(self._take(key), self.path(key))

    def numbers(self, key: str, count: int) -> tuple[float, ...]:
        """That many finite numbers. Raises Unfit."""
        return _numbers(self._take(key), count, self.path(key))

    def pairs(self, key: str) -> tuple[tuple[float, float], ...]:
        """At least two pairs of finite numbers. Raises Unfit."""
        value = self._take(key)
        if not isinstance(value, list) or len(value) < 2:
            raise Unfit(f"{self.path(key)}: not a list of at least two pairs")
        taken = [_numbers(pair, 2, f"{self.path(key)}[{i}]") for i, pair in enumerate(value)]
        return tuple((first, second) for first, second in taken)

    def table(self, key: str) -> "Table":
        """The table under a key. Raises Unfit."""
        value = self._take(key)
        if not isinstance(value, dict):
            raise Unfit(f"{self.path(key)}: not a table")
        return Table(value, self.path(key))

    def tables(self, key: str) -> list["Table"]:
        """The list of tables under a key, at least one. Raises Unfit."""
        value = self._take(key)
        if not isinstance(value, list) or not value or not all(isinstance(v, dict) for v in value):
            raise Unfit(f"{self.path(key)}: not a list of tables")
        return [Table(item, f"{self.path(key)}[{i}]") for i, item in enumerate(value)]

    def named_tables(self) -> dict[str, "Table"]:
        """Every key of this table, each of which must hold a table. Raises Unfit."""
        return {key: self.table(key) for key in list(self._values)}

    def finish(self) -> None:
        """Raises Unfit where a key was never taken: an unknown one is an error."""
        if self._values:
            raise Unfit(f"{self.path(min(self._values))}: unknown key")

    def _take(self, key: str) -> object:
        try:
            return self._values.pop(key)
        except KeyError:
            raise Unfit(f"{self.path(key)}: missing") from None


def _number(value: object, path: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise Unfit(f"{path}: not a finite number")
    return float(value)


def _numbers(value: object, count: int, path: str) -> tuple[float, ...]:
    if not isinstance(value, list) or len(value) != count:
        raise Unfit(f"{path}: not a list of {count} numbers")
    return tuple(_number(item, f"{path}[{i}]") for i, item in enumerate(value))
