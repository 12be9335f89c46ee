"""The vendor's unmodified IAM SDK manages users, keys and projects, over a real socket."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from huaweicloudsdkcore.auth.credentials import GlobalCredentials
from huaweicloudsdkcore.exceptions.exceptions import ClientRequestException
from huaweicloudsdkiam.v3 import IamClient
from huaweicloudsdkiam.v3 import model as m

from openfrs.testing import TestService, make_service
from tests.serving import listening

PASSWORD = "a long password"


@pytest.fixture
def service(tmp_path: Path) -> Iterator[TestService]:
    with make_service(tmp_path) as running:
        yield running


@pytest.fixture
def endpoint(service: TestService) -> Iterator[str]:
    with listening(service.openfrs) as address:
        yield address


def client_of(service: TestService, endpoint: str, access_key: str, secret_key: str) -> IamClient:
    domain_id = service.openfrs.services.credentials.domain().domain_id
    return (
        IamClient.new_builder()
        .with_credentials(GlobalCredentials(access_key, secret_key, domain_id))
        .with_endpoint(endpoint)
        .build()
    )


@pytest.fixture
def iam(service: TestService, endpoint: str) -> IamClient:
    made = service.established
    return client_of(service, endpoint, made.access_key, made.secret_key)


def create_user(iam: IamClient, name: str) -> str:
    option = m.KeystoneCreateUserOption(name=name, password=PASSWORD)
    body = m.KeystoneCreateUserRequestBody(user=option)
    user_id: str = iam.keystone_create_user(m.KeystoneCreateUserRequest(body=body)).user.id
    return user_id


def create_key(iam: IamClient, user_id: str) -> m.CreateCredentialResult:
    option = m.CreateCredentialOption(user_id=user_id, description="a camera")
    body = m.CreatePermanentAccessKeyRequestBody(credential=option)
    answer = iam.create_permanent_access_key(m.CreatePermanentAccessKeyRequest(body=body))
    return answer.credential


def test_users_come_and_go(iam: IamClient) -> None:
    user_id = create_user(iam, "alice")
    users = iam.keystone_list_users(m.KeystoneListUsersRequest()).users
    assert [user.name for user in users] == ["admin", "alice"]
    [alice] = iam.keystone_list_users(m.KeystoneListUsersRequest(name="alice")).users
    assert (alice.id, alice.enabled) == (user_id, True)
    shown = iam.keystone_show_user(m.KeystoneShowUserRequest(user_id=user_id)).user
    assert (shown.name, shown.domain_id) == ("alice", alice.domain_id)
    changed = iam.keystone_update_user_by_admin(
        m.KeystoneUpdateUserByAdminRequest(
            user_id=user_id,
            body=m.KeystoneUpdateUserByAdminRequestBody(
                user=m.KeystoneUpdateUserOption(password="another long one")
            ),
        )
    )
    assert changed.user.id == user_id
    answer = iam.keystone_delete_user(m.KeystoneDeleteUserRequest(user_id=user_id))
    assert answer.status_code == 204
    assert len(iam.keystone_list_users(m.KeystoneListUsersRequest()).users) == 1


def test_a_user_works_with_a_key_of_its_own(
    service: TestService, endpoint: str, iam: IamClient
) -> None:
    user_id = create_user(iam, "alice")
    key = create_key(iam, user_id)
    alice = client_of(service, endpoint, key.access, key.secret)
    [listed] = alice.list_permanent_access_keys(
        m.ListPermanentAccessKeysRequest(user_id=user_id)
    ).credentials
    assert (listed.access, listed.status, listed.user_id) == (key.access, "active", user_id)
    second = create_key(alice, user_id)
    shown = alice.show_permanent_access_key(
        m.ShowPermanentAccessKeyRequest(access_key=second.access)
    )
    assert shown.credential.access == second.access
    with pytest.raises(ClientRequestException) as refusal:
        alice.keystone_list_users(m.KeystoneListUsersRequest())
    assert refusal.value.status_code == 403
    assert "administrator" in refusal.value.error_msg
    option = m.KeystoneUpdatePasswordOption(original_password=PASSWORD, password="another long one")
    alice.keystone_update_user_password(
        m.KeystoneUpdateUserPasswordRequest(
            user_id=user_id, body=m.KeystoneUpdateUserPasswordRequestBody(user=option)
        )
    )
    alice.delete_permanent_access_key(m.DeletePermanentAccessKeyRequest(access_key=key.access))
    with pytest.raises(ClientRequestException) as refusal:
        alice.keystone_list_users(m.KeystoneListUsersRequest())
    assert refusal.value.status_code == 401


def test_projects_are_made_and_shown(iam: IamClient) -> None:
    option = m.KeystoneCreateProjectOption(name="local-2", parent_id="any")
    body = m.KeystoneCreateProjectRequestBody(project=option)
    made = iam.keystone_create_project(m.KeystoneCreateProjectRequest(body=body)).project
    shown = iam.keystone_show_project(m.KeystoneShowProjectRequest(project_id=made.id)).project
    assert (shown.name, shown.enabled, shown.domain_id) == ("local-2", True, made.domain_id)
    listed = iam.keystone_list_projects(m.KeystoneListProjectsRequest()).projects
    assert [project.name for project in listed] == ["local-1", "local-2"]
