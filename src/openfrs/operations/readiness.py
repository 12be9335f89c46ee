"""Is the service of use at this moment? Asked every few seconds by who sends it its requests."""

import threading
import time
from collections.abc import Callable, Mapping

import numpy as np
import structlog

from openfrs.domain.ports import CredentialStore, FaceEngine

TRY_ENGINE_EVERY = 10.0  # seconds
PICTURE_SIDE = 64

log = structlog.get_logger("openfrs.readiness")


class Readiness:
    """Looks at the store, the engine and the disk. Safe to use from many threads.

    ``free_bytes`` says how much room the disk has; below ``least_free`` the service is not ready.
    """

    def __init__(
        self,
        credentials: CredentialStore,
        engine: FaceEngine,
        free_bytes: Callable[[], int],
        *,
        least_free: int,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._credentials = credentials
        self._engine = engine
        self._free_bytes = free_bytes
        self._least_free = least_free
        self._clock = clock
        self._trying = threading.Lock()
        self._tried = -TRY_ENGINE_EVERY
        self._engine_works = True

    def faults(self) -> Mapping[str, str]:
        """What keeps the service from its work, by the part it concerns; empty where nothing does.

        The texts are for anybody; reasons go to the log.
        """
        checks = {
            "store": (self._store_answers, "the store cannot be read"),
            "engine": (self._engine_runs, "the models fail"),
            "disk": (self._has_room, "the disk is nearly full"),
        }
        return {part: text for part, (works, text) in checks.items() if not works()}

    def _store_answers(self) -> bool:
        try:
            self._credentials.projects()
        except Exception:  # whatever the store's reason, it is not ready
            log.exception("the store cannot be read")
            return False
        return True

    def _engine_runs(self) -> bool:
        """Finds faces in a grey picture, at most every TRY_ENGINE_EVERY; in between, as last time.

        Models were tried at the start. What breaks later is the device that they run on.
        """
        with self._trying:
            if self._clock() - self._tried >= TRY_ENGINE_EVERY:
                try:
                    self._engine.detect(np.full((PICTURE_SIDE, PICTURE_SIDE, 3), 128, np.uint8))
                    self._engine_works = True
                except Exception:  # as above
                    log.exception("the models fail")
                    self._engine_works = False
                self._tried = self._clock()
            return self._engine_works

    def _has_room(self) -> bool:
        try:
            return self._free_bytes() >= self._least_free
        except OSError:
            log.exception("the data directory cannot be looked at")
            return False
