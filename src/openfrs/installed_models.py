"""What the installed model packs give the service, as the operator set it."""

from typing import Protocol

from openfrs import images
from openfrs.domain.ports import (
    AttributeEstimator,
    FaceEngine,
    FaceTracker,
    SilentLivenessDetector,
)
from openfrs.domain.videos import LONGEST_SECONDS, SHORTEST_SECONDS
from openfrs.engine.installed_pack import installed_pack
from openfrs.engine.pipeline import OnnxEngine
from openfrs.engine.silent_liveness import SilentLiveness
from openfrs.machine import cores_each
from openfrs.operations.action_liveness import LiveChecks
from openfrs.operations.silent_liveness import SilentChecks
from openfrs.setting_values import SettingInvalid
from openfrs.settings import Settings


class Engine(FaceEngine, AttributeEstimator, Protocol):
    """One object that finds faces, makes templates and measures attributes."""

    @property
    def face_tracker(self) -> FaceTracker | None:
        """What follows a face through a video; None where the pack has no mesh."""


def silent_checks(
    settings: Settings, detector: SilentLivenessDetector | None = None
) -> SilentChecks:
    """How single pictures are judged, as the operator set it.

    The detector is the installed liveness pack's unless one is given. Raises PackError for a pack
    that is there and cannot be used, ProviderMissing.
    """
    name = settings.liveness_pack
    return SilentChecks(
        detector=detector or silent_detector(settings),
        missing=f"the liveness pack {name} is not installed; run: openfrs models pull {name}, "
        "then start the server again",
        threshold=settings.liveness_threshold,
        single=settings.liveness_faces == "single",
    )


def live_checks(settings: Settings, engine: Engine, silent: SilentChecks) -> LiveChecks:
    """How videos are judged, as the operator set it. Raises SettingInvalid."""
    passive = settings.live_detect_passive == "on"
    if passive and silent.detector is None:
        raise SettingInvalid(f"live_detect_passive is on, and {silent.missing}")
    return LiveChecks(
        tracker=engine.face_tracker,
        encode=images.encode_jpeg,
        seconds=(SHORTEST_SECONDS, LONGEST_SECONDS),
        lenient=settings.video_length == "lenient",
        passive=silent.detector if passive else None,
        least_live_score=silent.threshold,
    )


def onnx_engine(settings: Settings, *, warm_up: bool = True) -> OnnxEngine:
    """The engine of the installed pack, warmed up. Raises PackError, ProviderMissing."""
    pack = installed_pack(settings.packs_dir, settings.model_pack)
    engine = OnnxEngine(
        pack,
        threads=settings.inference_threads or cores_each(settings),
        provider=settings.inference_provider,
    )
    if warm_up:
        engine.warm_up()
    return engine


def silent_detector(settings: Settings) -> SilentLiveness | None:
    """The passive check of the installed liveness pack, warmed up; None where there is none.

    Raises PackError for a pack that is there and cannot be used, ProviderMissing.
    """
    if not (settings.packs_dir / settings.liveness_pack).exists():
        return None
    detector = SilentLiveness(
        installed_pack(settings.packs_dir, settings.liveness_pack),
        threads=settings.inference_threads or cores_each(settings),
        provider=settings.inference_provider,
    )
    detector.warm_up()
    return detector
