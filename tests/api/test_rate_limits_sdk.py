"""What the vendor's SDK makes of a 429: it tries again when told to, and as it was set up."""

import time
from pathlib import Path

import pytest
from huaweicloudsdkcore.auth.credentials import BasicCredentials
from huaweicloudsdkcore.exceptions.exceptions import ClientRequestException
from huaweicloudsdkcore.http.http_config import HttpConfig
from huaweicloudsdkfrs.v2 import FrsClient, ShowAllFaceSetsRequest

from tests.api.served import Served, serving


def client(served: Served, *, retry_times: int) -> FrsClient:
    made = served.service.established
    config = HttpConfig.get_default_config()
    config.retry_times = retry_times
    return (
        FrsClient.new_builder()
        .with_http_config(config)
        .with_credentials(BasicCredentials(made.access_key, made.secret_key, made.project_id))
        .with_endpoint(served.url)
        .build()
    )


def test_the_sdk_waits_as_told_and_gets_through(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))  # the SDK writes a file there
    waited: list[float] = []
    pause = time.sleep

    def sleep(seconds: float) -> None:
        waited.append(seconds)
        pause(min(seconds, 0.3))

    monkeypatch.setattr(time, "sleep", sleep)
    with serving(tmp_path / "data", rate_limit=5, rate_burst=1) as served:
        patient = client(served, retry_times=3)
        for _ in range(3):
            assert patient.show_all_face_sets(ShowAllFaceSetsRequest()).face_sets_info == []
    assert 1 in waited  # Retry-After


def test_the_sdk_shows_a_429_where_it_may_not_try_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    with serving(tmp_path / "data", rate_limit=0.001) as served:
        hasty = client(served, retry_times=0)
        hasty.show_all_face_sets(ShowAllFaceSetsRequest())
        with pytest.raises(ClientRequestException) as refused:
            hasty.show_all_face_sets(ShowAllFaceSetsRequest())
        assert refused.value.status_code == 429
