"""Enrols many pictures, several at a time, and tells what became of each."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from openfrs.cli.enrolment_plan import Entry
from openfrs.cli.failures import CommandFailed, Refused
from openfrs.cli.picture_files import STDIN, file_content, read_picture
from openfrs.cli.target import Json, Target, face_set_path

HOPELESS = frozenset({"FRS.0020", "FRS.0028", "FRS.0302", "FRS.0306"})
"""Refusals that every further picture would meet: wrong model or project, no face set, full."""


class Became(StrEnum):
    """What became of a picture."""

    ADDED = "added"
    SKIPPED = "skipped"
    FAILED = "failed"
    NOT_TRIED = "not tried"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an entry: the faces as the service told, or the reason why there are none."""

    entry: Entry
    became: Became
    faces: Sequence[Json] = ()
    reason: str = ""
    code: str = ""


@dataclass(frozen=True, slots=True)
class Manner:
    """How pictures are enrolled. ``gate`` holds bounds of their quality."""

    face_set: str
    single: bool
    gate: Json
    concurrency: int


class Run:
    """Enrolments under way. ``outcomes`` grows as they end, in any order."""

    def __init__(self, target: Target, manner: Manner) -> None:
        self.outcomes: list[Outcome] = []
        self.failure: CommandFailed | None = None
        self.interrupted = False
        self._target = target
        self._manner = manner
        self._stop = threading.Event()

    def enrol(self, entries: Sequence[Entry], advance: Callable[[], None]) -> None:
        """Enrols the entries; ``advance`` is called for each that has ended.

        Ends early, with ``failure``, where the service cannot be asked any further, and with
        ``interrupted`` when it is told to; pictures under way are still waited for.
        """
        waiting = iter(entries)
        under_way: set[Future[Outcome]] = set()
        with ThreadPoolExecutor(self._manner.concurrency) as threads:
            try:
                while True:
                    for entry in waiting:
                        under_way.add(threads.submit(self._outcome, entry))
                        if len(under_way) > self._manner.concurrency:
                            break
                    if not under_way:
                        return
                    ended, under_way = wait(under_way, return_when=FIRST_COMPLETED)
                    for one in ended:
                        self.outcomes.append(one.result())
                        advance()
            except KeyboardInterrupt:
                self._stop.set()
                self.interrupted = True
                self.outcomes += [one.result() for one in under_way]
                self.outcomes += [Outcome(entry, Became.NOT_TRIED) for entry in waiting]

    def _outcome(self, entry: Entry) -> Outcome:
        if self._stop.is_set():
            return Outcome(entry, Became.NOT_TRIED)
        try:
            data = (
                read_picture(STDIN) if entry.picture == STDIN else file_content(Path(entry.picture))
            )
            return Outcome(entry, Became.ADDED, self._add(entry, data))
        except ValueError as error:
            return Outcome(entry, Became.FAILED, reason=str(error))
        except Refused as refusal:
            if refusal.code in HOPELESS:
                self._give_up(refusal)
            return Outcome(entry, Became.FAILED, reason=refusal.message, code=refusal.code)
        except CommandFailed as failure:
            self._give_up(failure)
            return Outcome(entry, Became.FAILED, reason=str(failure))

    def _give_up(self, failure: CommandFailed) -> None:
        self.failure = self.failure or failure
        self._stop.set()

    def _add(self, entry: Entry, data: bytes) -> Sequence[Json]:
        form: Json = {"single": self._manner.single, "external_fields": dict(entry.fields)}
        if entry.image_id is not None:
            form["external_image_id"] = entry.image_id
        if self._manner.gate:
            form["quality_gate"] = self._manner.gate
        path = face_set_path(self._manner.face_set, "/faces")
        faces: Sequence[Json] = self._target.send(path, {"image_file": data}, form)["faces"]
        return faces
