"""Requests of every kind, with contents that nobody may find again in a log or a metric."""

from base64 import b64encode
from collections.abc import Sequence
from urllib.parse import quote

import numpy as np

from openfrs.testing import FakeEngine, TestService, picture
from tests.api.calls import FIELDS
from tests.videos.clips import colour_square, video

FACE = (123, 45, 67)
EXTERNAL_ID = "patient-4711"
BADGE = "badge-of-alice"
FLOOR = 8642


def face_base64() -> str:
    return b64encode(picture(FACE)).decode()


def clip() -> bytes:
    """Two seconds of a face that looks aside."""
    places = [(0.5 + 0.35 * float(np.sin(n / 30 * np.pi)), 0.5) for n in range(30)]
    return video(colour_square(places), rate=15)


def contents(service: TestService) -> Sequence[str]:
    """What is biometric, secret or the client's own among what ``load`` sends and is answered."""
    image = np.full((8, 8, 3), FACE, dtype=np.uint8)
    engine = FakeEngine()
    [template] = engine.templates(image, engine.detect(image))
    made = service.established
    return [
        face_base64()[40:80],
        b64encode(clip()).decode()[400:440],
        *(f"{number:.4f}".rstrip("0")[:6] for number in template.vector.tolist()),
        *(EXTERNAL_ID, BADGE, str(FLOOR)),
        *(service.token, service.token[:24], made.password, made.secret_key, made.access_key),
    ]


def load(service: TestService) -> None:
    """Every operation, most of them with success, and some refusals."""
    client, sets = service.client, service.path("face-sets")
    staff, base64 = f"{sets}/staff", face_base64()
    fields = {"floor": FLOOR, "badge": BADGE}
    client.post(sets, json={"face_set_name": "staff", "external_fields": FIELDS})
    client.get(sets)
    client.get(service.path("subscribe")).raise_for_status()
    client.get(staff)
    face = {"image_base64": base64, "external_image_id": EXTERNAL_ID, "external_fields": fields}
    added = client.post(f"{staff}/faces", json=face)
    added.raise_for_status()
    client.post(f"{staff}/faces", json=face | {"quality_gate": {"blur": 1}}).raise_for_status()
    face_id = added.json()["faces"][0]["face_id"]
    client.get(f"{staff}/faces", params={"offset": 0, "limit": 5})
    where = f"floor:{FLOOR} && badge:{BADGE}"
    wanted = {"filter": where, "return_fields": ["badge"]}
    client.post(f"{staff}/search", json=wanted | {"image_base64": base64}).raise_for_status()
    client.post(f"{staff}/search", json=wanted | {"face_id": face_id}).raise_for_status()
    client.post(f"{staff}/search", json={"face_id": face_id, "filter": f"{BADGE}:["})
    client.put(f"{staff}/faces", json={"face_id": face_id, "external_image_id": EXTERNAL_ID})
    detected = {"image_base64": base64, "attributes": "0,1,2"}
    client.post(service.path("face-detect"), json=detected).raise_for_status()
    pair = {"image1_base64": base64, "image2_base64": base64}
    client.post(service.path("face-compare"), json=pair).raise_for_status()
    client.post(service.path("live-detect-face"), json={"image_base64": base64}).raise_for_status()
    film = {"video_base64": b64encode(clip()).decode(), "actions": "1"}
    client.post(service.path("live-detect"), json=film).raise_for_status()
    client.delete(f"{staff}/faces", params={"external_image_id": f"{EXTERNAL_ID}-not"})
    client.delete(f"{staff}/faces", params={"face_id": face_id}).raise_for_status()
    client.request("DELETE", f"{staff}/faces/batch", json={"filter": where}).raise_for_status()
    _sign_in(service)
    client.get(f"/{BADGE}?{quote(where)}")
    client.post(f"{staff}/faces", content=b"{" + base64.encode(), headers=_JSON)
    client.delete(staff)


_JSON = {"Content-Type": "application/json"}


def _sign_in(service: TestService) -> None:
    client, made = service.client, service.established
    user = {"name": made.user, "password": made.password, "domain": {"name": made.domain}}
    for password in (made.password, f"{made.password}-not"):
        identity = {"methods": ["password"], "password": {"user": user | {"password": password}}}
        client.post("/v3/auth/tokens", json={"auth": {"identity": identity}})
    client.get("/v3/auth/tokens", headers={"X-Subject-Token": service.token})
    client.get("/v3/projects")
    client.get("/healthz")
    client.get("/readyz")
