"""The tree of facts: drawn, documented, and one shape."""

import inspect

import pytest

from openfrs.domain import errors
from openfrs.domain.errors import FRSError

ALL = [
    value
    for value in vars(errors).values()
    if isinstance(value, type) and issubclass(value, FRSError)
]


def drawn() -> dict[str, str]:
    """Each class of the drawing in the module's docstring, with the class it hangs from."""
    parents: dict[str, str] = {}
    above: list[tuple[int, str]] = []
    _, drawing, _ = inspect.cleandoc(errors.__doc__ or "").split("\n\n", 2)
    for line in drawing.splitlines():
        indent = len(line) - len(line.lstrip())
        above = [(column, name) for column, name in above if column < indent]
        for name in line.strip().split(", "):
            assert name not in parents, f"{name} is drawn twice"
            parents[name] = above[-1][1] if above else ""
        above.append((indent, name))
    return parents


def test_the_drawing_in_the_docstring_is_the_tree() -> None:
    actual = {kind.__name__: kind.__bases__[0].__name__ for kind in ALL}
    assert drawn() == actual | {"FRSError": ""}


def test_each_fact_has_one_parent_and_lives_here() -> None:
    for kind in ALL:
        assert len(kind.__bases__) == 1
        assert kind.__module__ == errors.__name__


def test_each_fact_is_described() -> None:
    for kind in ALL:
        assert "__doc__" in vars(kind), kind
        assert (kind.__doc__ or "").endswith("."), kind


@pytest.mark.parametrize("kind", ALL)
def test_a_fact_carries_its_detail(kind: type[FRSError]) -> None:
    assert kind().detail == ""
    assert kind("floor").detail == "floor"
    assert str(kind("floor")) == "floor"
