"""Films for the browser's camera: pictures one after another, as JPEG files in a row."""

import cv2
import numpy as np
from numpy.typing import NDArray

from openfrs.domain.faces import Image
from tests.videos.clips import colour_square

SIZE = (640, 480)
STILL = 20
TURN = 20


def film(pictures: list[Image]) -> bytes:
    """The pictures, (H, W, 3) RGB, thirty a second."""
    return b"".join(_jpeg(picture) for picture in pictures)


def film_of_a_turning_head() -> bytes:
    """What FakeTracker takes for a head that turns to its left and back in two seconds."""
    aside = [0.5 + 0.42 * step / TURN for step in range(TURN)]
    path = [0.5] * STILL + aside + aside[::-1]
    return film(colour_square([(x, 0.5) for x in path], size=SIZE))


def _jpeg(picture: Image) -> bytes:
    done, data = cv2.imencode(".jpg", picture[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, 98])
    assert done
    content: NDArray[np.uint8] = data
    return content.tobytes()
