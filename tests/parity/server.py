"""How tests reach a running server, with the vendor's own SDK and without."""

from dataclasses import dataclass

import httpx2
from huaweicloudsdkcore.auth.credentials import BasicCredentials
from huaweicloudsdkcore.http.http_config import HttpConfig
from huaweicloudsdkcore.region.region import Region
from huaweicloudsdkfrs.v2 import FrsClient


@dataclass(frozen=True)
class Server:
    """A running server and what its first start wrote for its operator."""

    endpoint: str
    project_id: str
    domain: str
    user: str
    password: str
    access_key: str
    secret_key: str

    def client(self, access_key: str | None = None, secret_key: str | None = None) -> FrsClient:
        """The unmodified SDK's client, which differs from a cloud client in its endpoint alone."""
        return (
            FrsClient.new_builder()
            .with_http_config(HttpConfig.get_default_config())
            .with_credentials(
                BasicCredentials(
                    access_key or self.access_key, secret_key or self.secret_key, self.project_id
                )
            )
            .with_endpoint(self.endpoint)
            .build()
        )

    def client_of_region(self) -> FrsClient:
        """A client that knows a region's name instead of a project id."""
        credentials = BasicCredentials(self.access_key, self.secret_key).with_iam_endpoint(
            self.endpoint
        )
        return (
            FrsClient.new_builder()
            .with_credentials(credentials)
            .with_region(Region("local-1", self.endpoint))
            .build()
        )

    def token(self) -> str:
        """A fresh token, asked for as the documentation of the cloud's IAM shows it."""
        answer = httpx2.post(
            f"{self.endpoint}/v3/auth/tokens",
            json={
                "auth": {
                    "identity": {
                        "methods": ["password"],
                        "password": {
                            "user": {
                                "domain": {"name": self.domain},
                                "name": self.user,
                                "password": self.password,
                            }
                        },
                    },
                    "scope": {"project": {"id": self.project_id}},
                }
            },
        )
        assert answer.status_code == 201
        return answer.headers["X-Subject-Token"]
