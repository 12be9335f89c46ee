"""A process that writes to a store and prints each write once it is acknowledged.

Arguments: the database, a seed, and how many writes (0: until it is killed). One JSON line a
write: ``["add", face ids, seeds of the templates]``, ``["update", face_id, stamp]``,
``["delete", face ids]``. Several threads write, each to faces of its own, and search for them:
``["search", face_id, whether it was found]``. A line that starts with ``begin`` says that the
write was asked for, as a kill may fall between the disk and the answer.
"""

import json
import random
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

import structlog

from openfrs.domain.faces import FaceSet, FaceUpdate
from openfrs.index.quantised import QuantisedIndex
from openfrs.operations import faces
from openfrs.operations.mirror import Mirror
from openfrs.storage.database import Database
from openfrs.storage.faces import SqliteStore
from tests.storage.samples import DIMENSION, NOON, PROJECT, enrolment, vector

THREADS = 4


def say(*words: object) -> None:
    sys.stdout.write(json.dumps(words) + "\n")
    sys.stdout.flush()


def write(
    store: SqliteStore, mirror: Mirror, face_set: FaceSet, dice: random.Random, writes: int
) -> None:
    own: dict[str, tuple[str, int]] = {}  # the group that a face was added with, and its seed
    done = 0
    while not writes or done < writes:
        done += 1
        number = dice.randrange(10**6)
        choice = dice.random()
        if choice < 0.4 or not own:
            seeds = range(number, number + dice.randint(1, 3))
            group = f"{dice.getrandbits(64):x}"
            say("begin", "add", list(seeds))
            found = store.add_faces(
                face_set, [enrolment(seed, {"floor": seed, "name": group}) for seed in seeds]
            )
            ids = [face.face_id for face in found]
            own.update((face_id, (group, seed)) for face_id, seed in zip(ids, seeds, strict=True))
            say("add", ids, list(seeds))
        elif choice < 0.7:
            face_id = dice.choice(list(own))
            say("begin", "update", face_id, number)
            store.update_face(face_set, face_id, FaceUpdate(None, {"stamp": number}))
            say("update", face_id, number)
        elif choice < 0.8:
            face_id = dice.choice(list(own))
            say("begin", "delete", [face_id])
            store.delete_face(face_set, face_id)
            del own[face_id]
            say("delete", [face_id])
        elif choice < 0.9:
            group, _ = own[dice.choice(list(own))]
            ids = [face_id for face_id, (name, _) in own.items() if name == group]
            say("begin", "delete", ids)
            assert faces.delete_where(store, mirror, face_set, "name", group) == len(ids)
            for face_id in ids:
                del own[face_id]
            say("delete", ids)
        else:
            done -= 1
            face_id = dice.choice(list(own))
            hits = mirror.search(face_set, vector(own[face_id][1]), 20)
            say("search", face_id, face_id in {hit.face.face_id for hit in hits})


def main(arguments: Sequence[str]) -> None:
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    path, seed, writes = Path(arguments[0]), int(arguments[1]), int(arguments[2])
    database = Database(path)
    store = SqliteStore(database, lambda: NOON)
    face_set = store.face_set(PROJECT, "staff")
    mirror = Mirror(store, QuantisedIndex, DIMENSION)
    threads = [
        threading.Thread(
            target=write,
            args=(store, mirror, face_set, random.Random(f"{seed} {number}"), writes),
        )
        for number in range(THREADS)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    database.close()


if __name__ == "__main__":
    main(sys.argv[1:])
