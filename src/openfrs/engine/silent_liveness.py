"""The passive check of an installed liveness pack: its networks, and what speaks against them.

docs/explanation/liveness.md says how the parts enter the score and what was measured.
"""

from pathlib import Path

import numpy as np

from openfrs.domain.faces import BoundingBox, DetectedFace, Image
from openfrs.engine.installed_pack import InstalledPack
from openfrs.engine.manifest import Kind, ManifestInvalid
from openfrs.engine.minifasnet import ENLARGED, MiniFASNet
from openfrs.engine.moire import periodic_energy
from openfrs.engine.screen_frame import frame
from openfrs.engine.session import Session

MOIRE = (1.5, 2.0)
FRAME = (0.8, 0.95)
"""Where each sign begins to count, and where it is as plain as it gets."""

MOIRE_TAKES = 0.6
"""The share of the networks' score that plain moiré takes: skin has none, so it decides alone."""
FRAME_TAKES = 0.4
"""The share that a plain frame takes. It tips a doubtful face and never one that the networks are
sure of: behind a person there may be a frame, too."""

SIZE = (15.0, 30.0)
"""Pixels of the box's shorter side. The networks see a face 20 to 30 pixels wide; of a smaller
one they see what resizing made up."""


class SilentLiveness:
    """A SilentLivenessDetector. Frozen after start; safe to call from many threads.

    ``threads`` and ``provider`` are those of OnnxEngine. Raises ManifestInvalid where the pack is
    of another kind, ProviderMissing.
    """

    def __init__(self, pack: InstalledPack, *, threads: int = 0, provider: str = "cpu") -> None:
        if pack.manifest.kind is not Kind.LIVENESS:
            raise ManifestInvalid(f"{pack.manifest.name} is no liveness pack")

        def session(path: Path) -> Session:
            return Session(path, threads=threads, provider=provider)

        self._networks = MiniFASNet(
            [(ENLARGED[file.family], session(pack.path(file.role))) for file in pack.manifest.files]
        )

    def live_score(self, image: Image, face: DetectedFace) -> float:
        """How surely the face is live, 0..1."""
        box = face.bounding_box
        against = max(
            MOIRE_TAKES * _part(periodic_energy(image, box), *MOIRE),
            FRAME_TAKES * _part(frame(image, box), *FRAME),
        )
        large_enough = _part(min(box.width, box.height), *SIZE)
        return self._networks.live_score(image, face) * (1 - against) * large_enough

    def warm_up(self) -> None:
        """Runs every part once, so that the first request need not."""
        image = np.full((480, 640, 3), 128, dtype=np.uint8)
        box = BoundingBox(width=200, height=200, top_left_x=220, top_left_y=140)
        self.live_score(image, DetectedFace(box, np.zeros((5, 2), np.float32), 1.0))


def _part(value: float, none: float, full: float) -> float:
    """Where a value lies between two, 0 to 1."""
    return min(max((value - none) / (full - none), 0.0), 1.0)
