"""Pictures that the command line names: files, folders, patterns, and standard input."""

import glob
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import typer

STDIN = "-"
PICTURES = frozenset({".jpg", ".jpeg", ".png", ".bmp"})
"""What is taken of a folder, in any case. A file that is named itself may be called anything."""


def read_picture(name: str) -> bytes:
    """The file's content, or that of standard input for ``-``. Raises typer.BadParameter."""
    if name == STDIN:
        data = sys.stdin.buffer.read()
        if not data:
            raise typer.BadParameter("nothing came from standard input")
        return data
    try:
        return file_content(Path(name))
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


def file_content(path: Path) -> bytes:
    """The file's content. Raises ValueError, with a sentence that names it."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise ValueError(f"there is no file {path}") from None
    except IsADirectoryError:
        raise ValueError(f"{path} is a folder, a picture is wanted") from None
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror}") from None
    if not data:
        raise ValueError(f"{path} is empty")
    return data


def expanded(names: Sequence[str]) -> Sequence[str]:
    """The pictures that the names stand for, each once, those of a folder in order of their names.

    Raises typer.BadParameter for a name that stands for nothing.
    """
    found: dict[str, None] = {}
    for name in names:
        pictures = list(_pictures(name))
        if not pictures:
            raise typer.BadParameter(_nothing(name), param_hint="PICTURES")
        found.update(dict.fromkeys(pictures))
    return tuple(found)


def _pictures(name: str) -> Iterator[str]:
    path = Path(name)
    if name == STDIN or path.is_file():
        yield name
    elif path.is_dir():
        yield from _in_folder(path)
    elif any(sign in name for sign in "*?["):  # a pattern that the shell was kept from expanding
        # Path.glob would find what is hidden, which a shell passes over.
        for match in sorted(glob.glob(name, recursive=True)):  # noqa: PTH207
            if Path(match).is_file():
                yield match


def _in_folder(folder: Path) -> Iterator[str]:
    for path in sorted(folder.rglob("*")):
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if path.suffix.lower() in PICTURES and not hidden and path.is_file():
            yield str(path)


def _nothing(name: str) -> str:
    if Path(name).is_dir():
        return f"there is no picture ({', '.join(sorted(PICTURES))}) in the folder {name}"
    return f"there is no file {name}"
