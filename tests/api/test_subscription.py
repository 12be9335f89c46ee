"""What old clients ask before anything else."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from openfrs.testing import FakeEngine, FakeLiveness, TestService, make_service

SERVICES = ("detect_service", "compare_service", "live_detect_service", "search_service")


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_a_project_has_subscribed_to_all_that_there_is(service: TestService, version: str) -> None:
    answer = service.client.get(f"/{version}/{service.established.project_id}/subscribe")
    assert answer.status_code == 200
    shown = answer.json()
    assert set(shown) == {"max_face_set_number", *SERVICES}
    assert shown["max_face_set_number"] == service.openfrs.services.limits.face_sets
    for name in SERVICES:
        assert set(shown[name]) == {"subscribe_status", "create_time"}
        made = datetime.strptime(shown[name]["create_time"], "%Y-%m-%d %H:%M:%S")
        assert abs(datetime.now(UTC) - made.replace(tzinfo=UTC)) < timedelta(hours=1)
    for name in ("detect_service", "compare_service", "search_service"):
        assert shown[name]["subscribe_status"] is True


class WithoutMesh(FakeEngine):
    face_tracker = None  # type: ignore[assignment]


@pytest.mark.parametrize(
    ("engine", "liveness", "status"),
    [
        (WithoutMesh(), None, False),
        (WithoutMesh(), FakeLiveness(), True),
        (FakeEngine(), None, True),
    ],
)
def test_liveness_is_subscribed_to_where_a_pack_tells_it(
    tmp_path: Path, *, engine: FakeEngine, liveness: FakeLiveness | None, status: bool
) -> None:
    with make_service(tmp_path / "data", engine=engine, liveness=liveness) as made:
        shown = made.client.get(f"/v1/{made.established.project_id}/subscribe").json()
    assert shown["live_detect_service"]["subscribe_status"] is status


def test_strangers_are_told_nothing(service: TestService) -> None:
    service.client.headers.pop("X-Auth-Token")
    path = f"/v1/{service.established.project_id}/subscribe"
    assert service.client.get(path).status_code == 401
