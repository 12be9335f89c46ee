"""Faces counted by project and by face set, without looking at a face: the sets keep count."""

from openfrs.domain.census import Census, FaceSetCount, ProjectCount
from openfrs.storage.database import Database


def take_census(database: Database, most: int) -> Census:
    """Every project that has face sets, and the ``most`` largest face sets."""
    with database.read() as connection:
        projects = connection.execute(
            "SELECT project_id, count(*), sum(face_number) FROM face_set"
            " GROUP BY project_id ORDER BY project_id"
        ).fetchall()
        largest = connection.execute(
            "SELECT face_set_key, project_id, name, face_number, capacity FROM face_set"
            " ORDER BY face_number DESC, face_set_key LIMIT ?",
            (most,),
        ).fetchall()
    return Census([ProjectCount(*row) for row in projects], [FaceSetCount(*row) for row in largest])
