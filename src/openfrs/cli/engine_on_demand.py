"""An engine that is loaded when it is first needed, for commands that may never need it."""

import threading
from collections.abc import Sequence

from openfrs.domain.attributes import Attribute, Attributes
from openfrs.domain.errors import LivenessUnavailable
from openfrs.domain.faces import DetectedFace, Image, Template
from openfrs.domain.ports import FaceTracker
from openfrs.domain.scores import Calibration
from openfrs.engine.installed_pack import installed_pack
from openfrs.engine.manifest import ManifestInvalid
from openfrs.installed_models import Engine, onnx_engine
from openfrs.settings import Settings


class EngineOnDemand:
    """The engine of the installed pack; what it is called is known from the pack's manifest.

    Raises PackError.
    """

    face_tracker: FaceTracker | None = None  # no command sends a video

    def __init__(self, settings: Settings) -> None:
        manifest = installed_pack(settings.packs_dir, settings.model_pack).manifest
        if manifest.templates is None:
            raise ManifestInvalid(f"{manifest.name} is a pack of kind {manifest.kind}")
        self.model = manifest.identity
        self.dimension: int = manifest.templates.dimension
        self.calibration: Calibration = manifest.templates.calibration
        self._settings = settings
        self._lock = threading.Lock()
        self._engine: Engine | None = None

    def load(self) -> Engine:
        """The engine itself. Raises PackError, ProviderMissing."""
        with self._lock:
            if self._engine is None:
                self._engine = onnx_engine(self._settings, warm_up=False)
            return self._engine

    def detect(self, image: Image) -> Sequence[DetectedFace]:
        return self.load().detect(image)

    def templates(self, image: Image, faces: Sequence[DetectedFace]) -> Sequence[Template]:
        return self.load().templates(image, faces)

    def attributes(
        self, image: Image, faces: Sequence[DetectedFace], wanted: frozenset[Attribute]
    ) -> Sequence[Attributes]:
        return self.load().attributes(image, faces, wanted)


class NoLiveness:
    """Stands for the passive check, which no command asks for, so that its models stay away."""

    def live_score(self, image: Image, face: DetectedFace) -> float:  # noqa: ARG002
        raise LivenessUnavailable
