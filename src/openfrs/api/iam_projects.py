"""Projects as the cloud's identity service shows them (spec 12.2)."""

from openfrs.api import iam, iam_bodies
from openfrs.api.call import Answer, Call
from openfrs.domain.errors import AccountNotFound
from openfrs.domain.identity import Domain, Project
from openfrs.operations import accounts, identity
from openfrs.operations.permissions import require_administrator

Json = dict[str, object]
PATH = "/v3/projects"


def show_all(call: Call) -> Answer:
    """The caller's projects, of one name if the query gives it.

    The links hold the null values that IAM's own answer has; the clients that stumble over a null
    (spec 14) do not ask here.
    """
    credentials = call.services.credentials
    found = identity.projects_of(credentials, call.caller, call.query.get("name") or None)
    endpoint = iam.address(call, PATH)
    return Answer(
        {
            "projects": [_project(project, credentials.domain(), endpoint) for project in found],
            "links": {"next": None, "previous": None, "self": endpoint},
        },
        headers=iam.trace(),
    )


def show(call: Call) -> Answer:
    """One of the caller's projects; those of others are not to be told from what is not there."""
    credentials = call.services.credentials
    project = accounts.project_of_id(credentials, call.path["id"])
    if not call.caller.may_use(project.project_id):
        raise AccountNotFound("there is no such project")
    shape = _project(project, credentials.domain(), iam.address(call, PATH))
    return Answer({"project": shape}, headers=iam.trace())


def create(call: Call) -> Answer:
    """201 with a new, empty project. For administrators."""
    require_administrator(call.caller)
    credentials = call.services.credentials
    name = iam_bodies.read(call, iam_bodies.CreateProject).project.name
    project = accounts.create_project(credentials, name)
    shape = _project(project, credentials.domain(), iam.address(call, PATH))
    return Answer({"project": shape}, status=201, headers=iam.trace())


def delete(call: Call) -> Answer:
    """204 where the project held no face sets. For administrators."""
    require_administrator(call.caller)
    credentials = call.services.credentials
    credentials.remove_project(accounts.project_of_id(credentials, call.path["id"]).project_id)
    return Answer(b"", status=204, headers=iam.trace())


def _project(project: Project, domain: Domain, endpoint: str) -> Json:
    return {
        "domain_id": domain.domain_id,
        "is_domain": False,
        "parent_id": domain.domain_id,
        "name": project.name,
        "description": "",
        "links": {"self": f"{endpoint}/{project.project_id}"},
        "id": project.project_id,
        "enabled": True,
    }
