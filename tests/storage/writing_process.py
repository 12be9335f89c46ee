"""A process that writes to a store and prints each write once it is acknowledged.

Arguments: the database, a seed, and how many writes (0: until it is killed). One JSON line a
write: ``["add", face_id, seed of the template, fields]``, ``["update", face_id, fields]``,
``["delete", face_id]``. Several threads write, each to faces of its own. Each delete of
``begin`` says that the write was asked for, as a kill may fall between the disk and the answer.
"""

import json
import random
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from openfrs.domain.faces import FaceSet, FaceUpdate
from openfrs.storage.database import Database
from openfrs.storage.faces import SqliteStore
from tests.storage.samples import NOON, PROJECT, enrolment

THREADS = 4


def say(*words: object) -> None:
    sys.stdout.write(json.dumps(words) + "\n")
    sys.stdout.flush()


def write(store: SqliteStore, face_set: FaceSet, dice: random.Random, writes: int) -> None:
    own: list[str] = []
    done = 0
    while not writes or done < writes:
        done += 1
        number = dice.randrange(10**6)
        choice = dice.random()
        if choice < 0.5 or not own:
            seeds = range(number, number + dice.randint(1, 3))
            say("begin", "add", list(seeds))
            faces = store.add_faces(face_set, [enrolment(seed) for seed in seeds])
            own += [face.face_id for face in faces]
            say("add", [face.face_id for face in faces], list(seeds))
        elif choice < 0.8:
            face_id = dice.choice(own)
            say("begin", "update", face_id, number)
            store.update_face(face_set, face_id, FaceUpdate(None, {"stamp": number}))
            say("update", face_id, number)
        else:
            face_id = own.pop(dice.randrange(len(own)))
            say("begin", "delete", face_id)
            store.delete_face(face_set, face_id)
            say("delete", face_id)


def main(arguments: Sequence[str]) -> None:
    path, seed, writes = Path(arguments[0]), int(arguments[1]), int(arguments[2])
    database = Database(path)
    store = SqliteStore(database, lambda: NOON)
    face_set = store.face_set(PROJECT, "staff")
    threads = [
        threading.Thread(
            target=write, args=(store, face_set, random.Random(f"{seed} {number}"), writes)
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
