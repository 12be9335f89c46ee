"""The options of ``openfrs bench``, read and checked before anything is measured."""

import os
from collections.abc import Callable, Sequence
from typing import TypeVar

import typer

from openfrs.bench import search

T = TypeVar("T", int, float)

BYTES_A_NUMBER = 9  # of memory: the template here and in the index, and its code
BYTES_A_FACE = 600  # what else is held of it


def engines(text: str | None) -> tuple[str, ...]:
    """The engines named, each once; all where none is. Raises BadParameter."""
    if text is None:
        return search.ENGINES
    names = tuple(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))
    unknown = [name for name in names if name not in search.ENGINES]
    if unknown or not names:
        raise typer.BadParameter(
            f"there is no {unknown[0]!r}" if unknown else "none is named", param_hint="--engines"
        )
    return names


def check_memory(faces: int, dimension: int) -> None:
    """Raises BadParameter where the machine would run out of memory."""
    needed = faces * (dimension * BYTES_A_NUMBER + BYTES_A_FACE)
    if needed > os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"):
        raise typer.BadParameter(
            f"{faces} x {dimension} needs about {needed / 2**30:.0f} GiB of memory, which this "
            "machine has not",
            param_hint="--faces",
        )


def numbers(
    texts: Sequence[str], option: str, kind: Callable[[str], T], least: T, most: T
) -> tuple[T, ...]:
    """The numbers of a comma-separated list, each once. Raises BadParameter."""
    try:
        numbers = [kind(word) for text in texts for word in text.split(",")]
    except ValueError:
        raise typer.BadParameter(
            f"takes numbers with commas between them, not {','.join(texts)!r}", param_hint=option
        ) from None
    if any(not least <= number <= most for number in numbers):
        raise typer.BadParameter(f"takes numbers from {least} to {most}", param_hint=option)
    return tuple(dict.fromkeys(numbers))
