"""The one worker of all processes that erases faces whose time has come, at start and hourly.

Whichever process gets hold of a lock file keeps it as long as it lives; when it dies, another one
gets it at its next try.
"""

import fcntl
import os
import threading
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import structlog

from openfrs.domain.audit import Act, Actor, Deed, on_behalf_of
from openfrs.domain.ports import AgeingFaces
from openfrs.operations.retention import erase_expired

LOCK = "retention.lock"
HOUR = 3600.0

log = structlog.get_logger("openfrs.retention")


class RetentionWorker:
    """A thread that looks every ``period`` seconds, until it is ended."""

    def __init__(
        self,
        store: AgeingFaces,
        data_dir: Path,
        now: Callable[[], datetime],
        *,
        period: float = HOUR,
    ) -> None:
        self._store = store
        self._now = now
        self._period = period
        self._ending = threading.Event()
        self._descriptor = os.open(data_dir / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
        self._thread = threading.Thread(target=self._work, name="retention", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Ends the thread, after the portion that it is erasing."""
        self._ending.set()
        self._thread.join()
        os.close(self._descriptor)

    def _work(self) -> None:
        while True:
            if self._is_mine():
                try:
                    self._erase()
                except Exception as error:  # a full disk, say: the next hour may be better
                    log.exception("retention failed", exc_info=error)
            if self._ending.wait(self._period):
                return

    def _is_mine(self) -> bool:
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _erase(self) -> None:
        with on_behalf_of(Deed(Act("Retention", Actor.SERVICE))):
            self._erase_expired()

    def _erase_expired(self) -> None:
        for expired in erase_expired(self._store, self._now()):
            if expired.faces:
                log.info(
                    "faces erased by age",
                    face_set_id=expired.face_set.face_set_id,
                    faces=expired.faces,
                    retention_days=expired.face_set.retention_days,
                )
            if self._ending.is_set():
                return
