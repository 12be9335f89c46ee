"""The whole server without weights, for tests of it and of programs that talk to it.

``FakeEngine`` sees a face in every plain-coloured area of a picture, and takes like colours for
the same person. It is deterministic, and everything around it is the real thing.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image as Pillow
from starlette.testclient import TestClient

from openfrs.app import OpenFRS, assemble, create_app
from openfrs.auth.passwords import Cost
from openfrs.domain.attributes import Attribute, Attributes, HeadPose, Landmark
from openfrs.domain.face_track import FaceTrack, Portrait
from openfrs.domain.faces import BoundingBox, DetectedFace, Image, Template
from openfrs.domain.quality import Quality
from openfrs.domain.scores import Calibration
from openfrs.domain.videos import VideoFrame
from openfrs.installed_models import Engine
from openfrs.operations.identity import Established, Reference
from openfrs.settings import load_settings

Colour = tuple[int, int, int]

BACKGROUND: Colour = (0, 0, 0)
DIMENSION = 16
LEAST_PART = 0.002
CHEAP = Cost(passes=1, memory=8, lanes=1)
"""The least that argon2id allows: a service of a test keeps no password that anybody wants."""


class FakeEngine:
    """Faces are areas of one colour other than black; use lossless pictures.

    Colours that share the upper four bits of each channel are one person: their templates score
    about 0.95 with each other, other people's about 0.
    """

    model = "fake@1"
    dimension = DIMENSION
    calibration = Calibration(
        ((-1.0, 0.0), (0.0, 0.3), (0.9, 0.93), (1.0, 1.0)), ((0.3, 0.5), (0.93, 0.0001))
    )

    def detect(self, image: Image) -> Sequence[DetectedFace]:
        """One face a colour, the largest box first.

        Colours that cover next to nothing are none: a camera's picture is full of them.
        """
        packed = image.astype(np.uint32) @ np.array([1 << 16, 1 << 8, 1], dtype=np.uint32)
        numbers, counts = np.unique(packed, return_counts=True)
        colours = [
            np.array([number >> 16, number >> 8 & 255, number & 255], dtype=np.uint8)
            for number in numbers[counts >= LEAST_PART * packed.size].tolist()
        ]
        faces = [_face(image, colour) for colour in colours if tuple(colour) != BACKGROUND]
        return sorted(faces, key=lambda face: -face.bounding_box.area)

    def templates(self, image: Image, faces: Sequence[DetectedFace]) -> Sequence[Template]:
        return [Template(_vector(_colour(image, face)), self.model) for face in faces]

    @property
    def face_tracker(self) -> "FakeTracker":
        return FakeTracker()

    def attributes(
        self, image: Image, faces: Sequence[DetectedFace], wanted: frozenset[Attribute]
    ) -> Sequence[Attributes]:
        """Age is the red channel, gender the side of green's middle; every face is upright.

        The blue channel, as part of 255, is the blur, and in degrees the yaw.
        """
        return [
            Attributes(
                head_pose=HeadPose(float(blue), 0.0, 0.0)
                if Attribute.HEAD_POSE in wanted
                else None,
                quality=Quality(1 - blue / 255, blue / 255, 0.0, 0.0, 0.0)
                if Attribute.QUALITY in wanted
                else None,
                landmark=_landmark(face) if Attribute.LANDMARK in wanted else None,
                gender=("female" if green > 127 else "male")
                if Attribute.GENDER in wanted
                else None,
                age=red if Attribute.AGE in wanted else None,
                face_angle=0 if Attribute.FACE_ANGLE in wanted else None,
            )
            for face, (red, green, blue) in ((face, _colour(image, face)) for face in faces)
        ]


class FakeLiveness:
    """Takes a face for the more live, the brighter its green is: 255 is 1."""

    def live_score(self, image: Image, face: DetectedFace) -> float:
        return _colour(image, face)[1] / 255


class FakeTracker:
    """Follows the bright area of a video; lossy codecs will do.

    The face looks to where the area is: at the picture's right edge 30 degrees to the subject's
    left, at its upper edge 30 degrees up. An area that is white is flat; any other one has depth.
    """

    def track(self, frames: Iterable[VideoFrame]) -> FaceTrack:
        seen = [(frame, _bright(frame.image)) for frame in frames]
        found = [(frame, box) for frame, box in seen if box is not None]
        looks = np.array([_look(frame.image, box) for frame, box in found]).reshape(-1, 2)
        people = [_person(frame.image, box) for frame, box in found]
        flat = [person == WHITE for person in people]
        shapes = [
            _turned(0.0 if one else yaw, 0.0 if one else pitch)
            for one, (yaw, pitch) in zip(flat, looks, strict=True)
        ]
        steady = np.full(len(found), 0.3)
        return FaceTrack(
            times=np.array([frame.time for frame, _ in found]),
            yaw=looks[:, 0],
            pitch=looks[:, 1],
            roll=np.zeros(len(found)),
            mouth=steady,
            eyes=np.stack((steady, steady), axis=1),
            points=np.array(shapes, dtype=np.float32).reshape(-1, 468, 3),
            changes=np.zeros(len(found)),
            pictures=len(seen),
            crowd=0.0,
            samples=[Template(_vector(person), FakeEngine.model) for person in people[::8]],
            portraits=[
                Portrait(frame, DetectedFace(box, _middle(box), 1.0)) for frame, box in found[:1]
            ],
        )


WHITE: Colour = (240, 240, 240)
"""What FakeTracker makes of white, whatever a codec did to it."""


def _bright(image: Image) -> BoundingBox | None:
    rows, columns = np.nonzero(image.max(axis=2) > 100)
    if not rows.size:
        return None
    top, left = int(rows.min()), int(columns.min())
    return BoundingBox(int(columns.max()) - left + 1, int(rows.max()) - top + 1, left, top)


def _look(image: Image, box: BoundingBox) -> tuple[float, float]:
    """Yaw and pitch in degrees."""
    height, width = image.shape[:2]
    aside = (box.top_left_x + box.width / 2) / width - 0.5
    below = (box.top_left_y + box.height / 2) / height - 0.5
    return 60 * aside, -60 * below


def _person(image: Image, box: BoundingBox) -> Colour:
    """The area's colour, with what a codec changes rounded away."""
    pixel = image[box.top_left_y + box.height // 2, box.top_left_x + box.width // 2]
    red, green, blue = (240 if channel > 127 else 32 for channel in pixel)
    return red, green, blue


def _turned(yaw: float, pitch: float) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """Points (468, 3) of a rigid head, with a rough surface, seen turned by so much."""
    dice = np.random.default_rng(1)
    head = dice.uniform(-100, 100, (468, 3)) * (1, 1, 0.4)
    a, b = np.radians((yaw, pitch))
    aside = np.array([[np.cos(a), 0, -np.sin(a)], [0, 1, 0], [np.sin(a), 0, np.cos(a)]])
    up = np.array([[1, 0, 0], [0, np.cos(b), np.sin(b)], [0, -np.sin(b), np.cos(b)]])
    return np.asarray(head @ (up @ aside).T)


def _face(image: Image, colour: Image) -> DetectedFace:
    rows, columns = np.nonzero((image == colour).all(axis=2))
    top, left = int(rows.min()), int(columns.min())
    box = BoundingBox(int(columns.max()) - left + 1, int(rows.max()) - top + 1, left, top)
    return DetectedFace(box, _middle(box), 1.0)


def _middle(box: BoundingBox) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    """Landmarks (5, 2), all in the middle of the box."""
    centre = (box.top_left_x + box.width / 2, box.top_left_y + box.height / 2)
    return np.array([centre] * 5, dtype=np.float32)


def _landmark(face: DetectedFace) -> Landmark:
    """Every contour is the face's middle."""
    middle = ((int(face.landmarks[0, 0]), int(face.landmarks[0, 1])),)
    return Landmark(middle, middle, middle, middle, middle)


def _colour(image: Image, face: DetectedFace) -> Colour:
    x, y = face.landmarks[0].astype(int)
    red, green, blue = (int(channel) for channel in image[y, x])
    return red, green, blue


def _vector(colour: Colour) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    person = np.random.default_rng([channel // 16 for channel in colour])
    moment = np.random.default_rng(list(colour))
    vector = person.standard_normal(DIMENSION) + 0.2 * moment.standard_normal(DIMENSION)
    unit: np.ndarray[tuple[int], np.dtype[np.float32]] = (vector / np.linalg.norm(vector)).astype(
        np.float32
    )
    return unit


def picture(*faces: Colour, size: int = 64, file_format: str = "PNG") -> bytes:
    """A picture file with one face a colour, each smaller than the one before."""
    canvas = np.zeros((size, size * max(1, len(faces)), 3), dtype=np.uint8)
    for number, colour in enumerate(faces):
        side = size - 8 * (number + 1)
        canvas[:side, number * size : number * size + side] = colour
    file = BytesIO()
    Pillow.fromarray(canvas).save(file, file_format)
    return file.getvalue()


@dataclass(frozen=True, slots=True)
class TestService:
    """A running service: its client, and what its first start made."""

    __test__ = False  # no test case, whatever pytest makes of the name

    openfrs: OpenFRS
    client: TestClient
    established: Established
    token: str

    def path(self, rest: str, version: str = "v2") -> str:
        return f"/{version}/{self.established.project_id}/{rest}"


@contextmanager
def make_service(
    data_dir: Path,
    *,
    engine: Engine | None = None,
    liveness: FakeLiveness | None = None,
    established: Established | None = None,
    **settings: object,
) -> Iterator[TestService]:
    """A service on the fake engine, or the one given, with a client that carries a token.

    Without ``liveness`` it has no liveness pack. Its passwords are hashed at the least cost: what
    it leaves in ``data_dir`` is nothing to serve from.

    A data directory that has been used before needs what ``established`` it.
    """
    # Whoever tests may have packs installed; the service shall not find them.
    without_packs = {"models_dir": data_dir / "models"}
    openfrs = assemble(
        load_settings(data_dir, **without_packs | settings),
        engine or FakeEngine(),
        liveness,
        password_cost=CHEAP,
    )
    try:
        established = openfrs.established or established
        if established is None:
            raise ValueError("the data directory has had its first start already")
        token, _ = openfrs.services.sign_in.sign_in(
            Reference(name=established.user),
            established.password,
            project=Reference(id=established.project_id),
        )
        with TestClient(create_app(openfrs)) as client:
            client.headers["X-Auth-Token"] = token
            yield TestService(openfrs, client, established, token)
    finally:
        openfrs.close()
