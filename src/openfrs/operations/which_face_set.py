"""The face set that an operator means by its name, and by its project's where that is needed."""

from openfrs.domain.errors import FaceSetNotFound, MalformedParameter, NotFound
from openfrs.domain.faces import FaceSet
from openfrs.domain.ports import CredentialStore, FaceSetStore


def find(
    credentials: CredentialStore, store: FaceSetStore, name: str, project: str | None
) -> FaceSet:
    """The face set of that name, in the project of that name or id, or in the only one with it.

    Raises NotFound, MalformedParameter where several projects have it and none is named.
    """
    projects = [
        one for one in credentials.projects() if project in (None, one.name, one.project_id)
    ]
    if not projects:
        raise NotFound(f"no project is called {project}")
    found = []
    for one in projects:
        try:
            found.append((one, store.face_set(one.project_id, name)))
        except FaceSetNotFound:
            continue
    if not found:
        raise NotFound(f"no face set is called {name}")
    if len(found) > 1:
        names = ", ".join(one.name for one, _ in found)
        raise MalformedParameter(f"several projects have a face set {name}: say which ({names})")
    return found[0][1]
