"""One face followed through a video: what was measured about it in every picture."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from openfrs.domain.faces import DetectedFace, Template
from openfrs.domain.videos import VideoFrame

Signal = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Portrait:
    """A picture of the video in which the face looks ahead, and the face."""

    frame: VideoFrame
    face: DetectedFace


@dataclass(frozen=True, slots=True)
class FaceTrack:
    """A face through a video; N is the number of pictures that show it.

    ``times`` (N,) in seconds, rising. ``yaw``, ``pitch``, ``roll`` (N,) in degrees, as HeadPose
    counts them. ``mouth`` (N,): the gap between the lips as part of the nose's length. ``eyes``
    (N, 2): the gap between the lids as part of the nose's length, of the eye on the picture's left
    and the one on its right. ``points`` (N, 468, 3) float32: the mesh in pixels, z smaller where
    nearer. ``changes`` (N,), 0..1: how much the picture as a whole differs from the one before.

    ``pictures`` counts all pictures of the video, with the face or without. ``crowd`` says in how
    many of the pictures that were searched for faces there was a second one, as a part of them.
    ``samples`` are templates from all over the video, ``portraits`` the largest faces that look
    ahead, one from each stretch of the video, the largest first. ``skin_relief`` is how much of
    the face's depth its skin shows as it turns, about 1 for a head and 0 for a sheet; None where it
    says nothing.
    """

    times: Signal
    yaw: Signal
    pitch: Signal
    roll: Signal
    mouth: Signal
    eyes: Signal
    points: NDArray[np.float32]
    changes: Signal
    pictures: int
    crowd: float
    samples: Sequence[Template]
    portraits: Sequence[Portrait]
    skin_relief: float | None = None
