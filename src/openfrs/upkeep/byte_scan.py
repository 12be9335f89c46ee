"""Looks for pieces of templates anywhere in files, at whatever offset.

It is run as a process of its own (``python -m openfrs.upkeep.byte_scan``): who opens a file that
SQLite has open in the same process drops SQLite's locks when closing it.
"""

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

WORD = 8
PIECE = 2 * WORD
CHUNK = 16 << 20
TABLE_BITS = 22

Words = NDArray[np.uint64]


def places(files: Sequence[Path], templates: Sequence[bytes]) -> dict[str, int]:
    """In how many places each of the files holds 16 bytes of one of the templates.

    Any 23 bytes of a template in a row are found so. Files that are not there hold nothing.
    """
    request = {
        "files": [str(file) for file in files],
        "templates": [template.hex() for template in templates],
    }
    done = subprocess.run(
        [sys.executable, "-m", "openfrs.upkeep.byte_scan"],
        input=json.dumps(request),
        capture_output=True,
        check=True,
        text=True,
    )
    found: dict[str, int] = json.loads(done.stdout)
    return found


def count_pieces(path: Path, templates: Sequence[bytes]) -> int:
    """In how many places a file holds a piece of a template; 0 where there is no file."""
    pieces = {
        template[start : start + PIECE]
        for template in templates
        for start in range(0, len(template) - WORD, WORD)
    }
    # What many files hold anyway tells nothing.
    pieces = {piece for piece in pieces if len(piece) == PIECE and len(set(piece)) > 2}
    if not pieces or not path.exists():
        return 0
    wanted: Words = np.unique(np.frombuffer(b"".join(piece[:WORD] for piece in pieces), "<u8"))
    table = np.zeros(1 << TABLE_BITS, np.bool_)
    table[_hashed(wanted)] = True
    return sum(
        data[offset : offset + PIECE] in pieces
        for data in _chunks(path)
        for offset in _candidates(data, wanted, table)
    )


def _chunks(path: Path) -> Iterator[bytes]:
    """The file in parts, each beginning with the end of the one before: no piece is cut."""
    with path.open("rb") as file:
        end = b""
        while more := file.read(CHUNK):
            yield end + more
            end = (end + more)[-(PIECE - 1) :]


def _candidates(data: bytes, wanted: Words, table: NDArray[np.bool_]) -> Iterator[int]:
    """Offsets of which the first word of a piece stands; each offset is looked at once."""
    for shift in range(WORD):
        count = (len(data) - shift) // WORD
        words = np.frombuffer(data, "<u8", count=count, offset=shift)
        likely = np.nonzero(table[_hashed(words)])[0]
        for place in likely[np.isin(words[likely], wanted)].tolist():
            offset = place * WORD + shift
            if offset + PIECE <= len(data):
                yield offset


def _hashed(words: Words) -> NDArray[np.intp]:
    with np.errstate(over="ignore"):
        mixed = words * np.uint64(0x9E3779B97F4A7C15)
    return (mixed >> np.uint64(64 - TABLE_BITS)).astype(np.intp)


def main() -> None:
    """Reads a request from standard input, and writes the places by file to standard output."""
    request = json.load(sys.stdin)
    templates = [bytes.fromhex(template) for template in request["templates"]]
    found = {file: count_pieces(Path(file), templates) for file in request["files"]}
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main()
