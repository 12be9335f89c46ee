"""A process that updates and adds faces on somebody's behalf until it is killed.

Arguments: the database and a prefix for request ids. Prints each id once its write is acknowledged.
"""

import sys
import threading
from pathlib import Path

from openfrs.domain.audit import on_behalf_of
from openfrs.domain.faces import FaceSet, FaceUpdate
from openfrs.storage.database import Database
from openfrs.storage.faces import SqliteStore
from tests.storage.audited import deed, keep_log
from tests.storage.samples import NOON, PROJECT, enrolment

THREADS = 4


def write(store: SqliteStore, face_set: FaceSet, name: str) -> None:
    number = 0
    while True:
        number += 1
        request_id = f"{name}-{number}"
        with on_behalf_of(deed(request_id)):
            if number % 5 == 1:
                [face] = store.add_faces(face_set, [enrolment(number)])
            else:
                store.update_face(face_set, face.face_id, FaceUpdate(None, {"floor": number}))
        sys.stdout.write(f"{request_id} {face.face_id}\n")
        sys.stdout.flush()


def main(path: str, prefix: str) -> None:
    database = Database(Path(path))
    keep_log(database)
    store = SqliteStore(database, lambda: NOON)
    face_set = store.face_set(PROJECT, "staff")
    for number in range(THREADS):
        threading.Thread(target=write, args=(store, face_set, f"{prefix}-{number}")).start()


if __name__ == "__main__":
    main(*sys.argv[1:])
