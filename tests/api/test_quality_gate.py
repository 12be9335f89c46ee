"""The quality gate at enrolment: of a face set, of a request, and of both."""

import json
from pathlib import Path
from typing import Any

import httpx2
import pytest

from openfrs.testing import TestService, make_service, picture
from tests.api.calls import BLUE, GREEN, RED, code_of, listed, make_set, text

# The fake engine takes the blue channel for blur: RED and GREEN have 0.16, BLUE 0.78.


def post(service: TestService, *faces: tuple[int, int, int], **body: Any) -> httpx2.Response:
    return service.client.post(
        service.path("face-sets/staff/faces"), json={"image_base64": text(*faces)} | body
    )


def test_without_a_gate_every_face_is_taken(service: TestService) -> None:
    make_set(service)
    assert post(service, BLUE).status_code == 200


def test_a_refusal_says_what_was_measured_and_what_is_asked_for(service: TestService) -> None:
    make_set(service)
    answer = post(service, BLUE, quality_gate={"blur": 0.4, "total_score": 0.5, "pose": 0.2})
    assert (answer.status_code, code_of(answer)) == (400, "FRS.0708")
    message = answer.json()["error_msg"]
    assert "total_score 0.2157 < 0.5" in message
    assert "blur 0.7843 > 0.4" in message
    assert "pose" not in message
    assert listed(service) == []


def test_the_gate_of_a_face_set_holds_for_every_request_and_after_a_restart(
    service: TestService,
) -> None:
    answer = make_set(service, quality_gate={"blur": 0.4})
    assert "quality_gate" not in answer.json()["face_set_info"]
    with make_service(service.openfrs.settings.data_dir, established=service.established) as again:
        for one in (service, again):
            assert code_of(post(one, BLUE)) == "FRS.0708"
    assert post(service, RED).status_code == 200


def test_a_request_may_ask_for_more_or_less_than_the_face_set(service: TestService) -> None:
    make_set(service, quality_gate={"blur": 0.4})
    assert post(service, BLUE, quality_gate={"blur": 1}).status_code == 200
    assert code_of(post(service, BLUE, quality_gate={"pose": 0.5})) == "FRS.0708"
    assert code_of(post(service, RED, quality_gate={"blur": 0.1})) == "FRS.0708"


def test_the_servers_gate_holds_where_face_set_and_request_say_nothing(tmp_path: Path) -> None:
    with make_service(tmp_path, quality_gate=["blur=0.4"]) as service:
        make_set(service)
        assert "blur 0.7843 > 0.4" in post(service, BLUE).json()["error_msg"]
        assert post(service, RED).status_code == 200
        assert code_of(post(service, RED, quality_gate={"blur": 0.1})) == "FRS.0708"
        assert post(service, BLUE, quality_gate={"blur": 1}).status_code == 200
        make_set(service, "any", quality_gate={"blur": 0.9})
        body = {"image_base64": text(BLUE)}
        answer = service.client.post(service.path("face-sets/any/faces"), json=body)
        assert answer.status_code == 200


def test_the_cloud_profile_refuses_faces_below_the_vendors_80_pixels(tmp_path: Path) -> None:
    with make_service(tmp_path, profile="cloud") as service:
        make_set(service)
        answer = post(service, RED)
        assert code_of(answer) == "FRS.0013"
        assert "56x56" in answer.json()["error_msg"]
        assert post(service, RED, quality_gate={"face_pixels": 56}).status_code == 200


def test_one_face_that_does_not_pass_keeps_out_all_of_its_picture(service: TestService) -> None:
    make_set(service)
    answer = post(service, RED, BLUE, quality_gate={"blur": 0.4})
    assert "face at 64,0: blur 0.7843 > 0.4" in answer.json()["error_msg"]
    assert listed(service) == []
    both = post(service, RED, BLUE, quality_gate={"blur": 0.4}, single=True)
    assert both.status_code == 200  # the largest face is the red one


def test_faces_of_too_few_pixels_are_passed_over_unless_there_is_no_other(
    service: TestService,
) -> None:
    make_set(service)
    added = post(service, RED, GREEN, quality_gate={"face_pixels": 50}).json()["faces"]
    assert [face["bounding_box"]["width"] for face in added] == [56]
    answer = post(service, RED, quality_gate={"face_pixels": 80})
    assert code_of(answer) == "FRS.0013"
    assert "56x56" in answer.json()["error_msg"]
    assert "80" in answer.json()["error_msg"]


def test_a_form_carries_a_gate_as_text(service: TestService) -> None:
    make_set(service)
    answer = service.client.post(
        service.path("face-sets/staff/faces"),
        data={"quality_gate": json.dumps({"blur": 0.4})},
        files={"image_file": ("a.png", picture(BLUE))},
    )
    assert code_of(answer) == "FRS.0708"


@pytest.mark.parametrize("gate", [{"blur": 2}, {"sharp": 0.1}, {"blur": "x"}, [1], "x"])
def test_a_gate_that_means_nothing_is_refused(service: TestService, gate: object) -> None:
    assert code_of(make_set(service, quality_gate=gate)) == "FRS.0012"
    make_set(service)
    assert code_of(post(service, RED, quality_gate=gate)) == "FRS.0012"
