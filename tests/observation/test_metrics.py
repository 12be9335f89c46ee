"""The metrics of a service say what has happened to it, and how it stands."""

from pathlib import Path

import pytest

from openfrs.domain.stages import MEANINGS, Step
from openfrs.observation.metrics import METRICS, Kind
from openfrs.testing import TestService, make_service, picture
from tests.api.calls import RED, add, code_of, make_set, search, text
from tests.observation.load import load
from tests.observation.scrapes import TOKEN, scrape, total, value


def test_requests_are_counted_by_operation_status_and_code(service: TestService) -> None:
    before = scrape(service)
    make_set(service)
    make_set(service)
    service.client.get(service.path("face-sets"))
    service.client.get("/nowhere")
    after = scrape(service)

    def risen(**labels: str) -> float:
        name = "openfrs_requests_total"
        return value(after, name, **labels) - value(before, name, **labels)

    assert risen(operation="CreateFaceSet", status="200", error_code="") == 1
    assert risen(operation="CreateFaceSet", status="400", error_code="FRS.0301") == 1
    assert risen(operation="ShowAllFaceSets", status="200", error_code="") == 1
    assert risen(operation="", status="404", error_code="APIG.0101") == 1
    assert risen(operation="Metrics", status="200", error_code="") == 1
    assert value(after, "openfrs_request_seconds_count", operation="CreateFaceSet") == 2
    assert 0 < value(after, "openfrs_request_seconds_sum", operation="CreateFaceSet") < 60


def test_the_buckets_of_a_histogram_hold_those_of_the_smaller_ones(service: TestService) -> None:
    make_set(service)
    name = "openfrs_request_seconds_bucket"
    buckets = sorted(
        (float(dict(labels)["le"]), number)
        for (found, labels), number in scrape(service).items()
        if found == name and dict(labels)["operation"] == "CreateFaceSet"
    )
    assert buckets[0][1] <= buckets[-1][1] == 1
    assert [number for _, number in buckets] == sorted(number for _, number in buckets)


def test_the_steps_of_requests_are_timed(service: TestService) -> None:
    load(service)
    found = scrape(service)
    for step in set(MEANINGS) - {Step.FETCH}:
        assert value(found, "openfrs_stage_seconds_count", stage=step) > 0, step
        assert value(found, "openfrs_stage_seconds_sum", stage=step) > 0, step


def test_fetching_from_an_address_is_a_step_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "bucket").mkdir()
    (tmp_path / "bucket" / "face.png").write_bytes(picture(RED))
    with make_service(
        tmp_path / "data", metrics_token=TOKEN, image_url_buckets=(f"b={tmp_path / 'bucket'}",)
    ) as service:
        service.client.post(
            service.path("face-detect"), json={"image_url": "/b/face.png"}
        ).raise_for_status()
        assert value(scrape(service), "openfrs_stage_seconds_count", stage="fetch") == 1


def test_faces_are_counted_by_project_and_those_of_the_largest_sets_by_set(
    service: TestService,
) -> None:
    for name in ("small", "large", "staff"):
        make_set(service, name)
    for name, count in (("large", 3), ("staff", 2), ("small", 1)):
        for blue in range(count):
            service.client.post(
                service.path(f"face-sets/{name}/faces"), json={"image_base64": text((9, 99, blue))}
            ).raise_for_status()
    found = scrape(service)
    project = service.established.project_id
    assert value(found, "openfrs_project_face_sets", project_id=project) == 3
    assert value(found, "openfrs_project_faces", project_id=project) == 6
    of_sets = {
        dict(labels)["face_set"]: number
        for (name, labels), number in found.items()
        if name == "openfrs_face_set_faces"
    }
    assert of_sets == {"large": 3, "staff": 2}
    shown = service.client.get(service.path("face-sets/large")).json()["face_set_info"]
    capacity = value(found, "openfrs_face_set_capacity", project_id=project, face_set="large")
    assert capacity == shown["face_set_capacity"]


def test_memory_of_face_sets_is_told_in_all_and_by_set(service: TestService) -> None:
    make_set(service)
    add(service, RED)
    assert value(scrape(service), "openfrs_mirror_bytes") == 0
    search(service, image_base64=text(RED))
    found = scrape(service)
    project = service.established.project_id
    of_set = value(found, "openfrs_face_set_mirror_bytes", project_id=project, face_set="staff")
    assert of_set == value(found, "openfrs_mirror_bytes") > 0
    assert value(found, "openfrs_mirror_face_sets") == value(found, "openfrs_mirror_faces") == 1
    assert value(found, "openfrs_mirror_loads_total") == 1
    assert value(found, "openfrs_mirror_budget_bytes") > 0
    service.client.delete(service.path("face-sets/staff")).raise_for_status()
    assert total(scrape(service), "openfrs_face_set_mirror_bytes") == 0


def test_evictions_are_counted(tmp_path: Path) -> None:
    with make_service(tmp_path / "data", metrics_token=TOKEN, mirror_bytes=1) as service:
        for name in ("one", "two"):
            make_set(service, name)
            for path in ("faces", "search"):
                service.client.post(
                    service.path(f"face-sets/{name}/{path}"), json={"image_base64": text(RED)}
                ).raise_for_status()
        assert value(scrape(service), "openfrs_mirror_evictions_total") >= 1


def test_commits_are_timed_and_the_writes_in_them_counted(service: TestService) -> None:
    before = scrape(service)
    make_set(service)
    add(service, RED)
    after = scrape(service)
    for name in ("openfrs_commit_seconds_count", "openfrs_commit_jobs_count"):
        assert value(after, name) - value(before, name) == 2
    assert value(after, "openfrs_commit_jobs_sum") - value(before, "openfrs_commit_jobs_sum") == 2
    assert value(after, "openfrs_commit_seconds_sum") > value(before, "openfrs_commit_seconds_sum")


def test_the_page_says_what_is_running(service: TestService) -> None:
    found = scrape(service)
    [(_, model)] = [key for key in found if key[0] == "openfrs_model_info"]
    assert dict(model) == {
        "pack": "default",
        "identity": "fake@1",
        "dimension": "16",
        "provider": "cpu",
        "liveness": "silent-face",
    }
    assert value(found, "openfrs_workers") == 1
    assert value(found, "openfrs_store_readable") == 1
    for name in ("process_resident_memory_bytes", "process_cpu_seconds_total"):
        assert value(found, name, worker="0") > 0
    for name in ("openfrs_store_bytes", "openfrs_disk_free_bytes", "openfrs_build_info"):
        assert total(found, name) > 0


def test_queues_are_told_of_by_kind(tmp_path: Path) -> None:
    with make_service(
        tmp_path / "data", metrics_token=TOKEN, picture_slots=3, request_threads=7
    ) as service:
        found = scrape(service)
    assert value(found, "openfrs_request_slots", queue="pictures") == 3
    assert value(found, "openfrs_request_slots", queue="others") == 7
    assert value(found, "openfrs_requests_working", queue="others") == 0  # a scrape has its own
    for queue in ("pictures", "others"):
        assert value(found, "openfrs_requests_waiting", queue=queue) == 0


def test_every_metric_of_the_table_is_on_the_page_and_no_other(service: TestService) -> None:
    answer = service.client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    kinds = {
        line.split()[2]: line.split()[3]
        for line in answer.text.splitlines()
        if line.startswith("# TYPE")
    }
    assert kinds == {metric.name: metric.kind for metric in METRICS}
    assert {metric.kind for metric in METRICS} == set(Kind)


def test_the_page_can_be_had_in_the_format_of_openmetrics(service: TestService) -> None:
    answer = service.client.get(
        "/metrics",
        headers={
            "Authorization": f"Bearer {TOKEN}",
            "Accept": "application/openmetrics-text;version=1.0.0",
        },
    )
    assert answer.headers["Content-Type"].startswith("application/openmetrics-text")
    assert answer.text.endswith("# EOF\n")


def test_a_store_that_cannot_be_read_is_told_of_on_the_page(service: TestService) -> None:
    service.openfrs.database.close()
    found = scrape(service)
    assert value(found, "openfrs_store_readable") == 0
    assert value(found, "openfrs_workers") == 1


@pytest.mark.parametrize("authorization", ["", "Bearer", "Bearer no", f"Basic {TOKEN}", TOKEN])
def test_the_page_is_for_who_has_the_token(service: TestService, authorization: str) -> None:
    answer = service.client.get("/metrics", headers={"Authorization": authorization})
    assert (answer.status_code, code_of(answer)) == (401, "APIG.0301")


def test_without_a_token_there_is_no_page_on_the_port_of_the_api(tmp_path: Path) -> None:
    for port in (None, 0):
        with make_service(tmp_path / str(port), metrics_port=port) as service:
            answer = service.client.get("/metrics", headers={"Authorization": "Bearer "})
            assert (answer.status_code, code_of(answer)) == (404, "APIG.0101")


def test_a_name_of_any_characters_can_be_read_back(tmp_path: Path) -> None:
    name = 'a"b\\c'
    with make_service(
        tmp_path / "data", metrics_token=TOKEN, face_set_name_pattern=".+"
    ) as service:
        make_set(service, name)
        names = {dict(labels).get("face_set") for _, labels in scrape(service)}
    assert name in names
