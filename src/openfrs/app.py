"""The composition root: which part is made of what, and in which order it starts."""

import contextlib
import re
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from importlib import metadata
from typing import Protocol

from starlette.types import ASGIApp

from openfrs import credentials_file, images
from openfrs.api.call import About, Secrets, Services
from openfrs.api.gateway import Gateway
from openfrs.auth.authenticate import Authenticator
from openfrs.auth.lockout import Lockout
from openfrs.auth.passwords import hash_password, password_fits
from openfrs.auth.sealing import Sealer, open_key_file
from openfrs.auth.tokens import Tokens
from openfrs.domain.ports import (
    AttributeEstimator,
    FaceEngine,
    FaceTracker,
    SilentLivenessDetector,
)
from openfrs.domain.videos import LONGEST_SECONDS, SHORTEST_SECONDS
from openfrs.engine.manifest import installed_pack
from openfrs.engine.pipeline import OnnxEngine
from openfrs.engine.silent_liveness import SilentLiveness
from openfrs.index.quantised import QuantisedIndex
from openfrs.machine import cores_each, mirror_budget
from openfrs.openers import picture_reader, url_policy, video_opener
from openfrs.operations import identity
from openfrs.operations.action_liveness import LiveChecks
from openfrs.operations.identity import Established
from openfrs.operations.mirror import Mirror
from openfrs.operations.silent_liveness import SilentChecks
from openfrs.pack_list import known_packs
from openfrs.settings import SettingInvalid, Settings
from openfrs.storage.credentials import SqliteCredentials
from openfrs.storage.database import Database
from openfrs.storage.faces import SqliteStore

search_index = QuantisedIndex
"""What keeps a face set in memory: a callable of its schema and the templates' dimension."""


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


@dataclass(frozen=True, slots=True)
class OpenFRS:
    """The assembled service. ``established`` holds what the first start made, that once."""

    settings: Settings
    services: Services
    database: Database
    established: Established | None

    def close(self) -> None:
        """Waits for every write under way."""
        self.database.close()


def assemble(
    settings: Settings,
    engine: Engine | None = None,
    silent: SilentLivenessDetector | None = None,
) -> OpenFRS:
    """Everything between the settings and the wire, started and tried.

    The engine and the passive check are those of the installed packs unless they are given.
    Raises PackError, KeyFileRefused, DatabaseTooNew.
    """
    checks = silent_checks(settings, silent)
    if engine is None:
        engine = onnx_engine(settings)
    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    database = Database(settings.database)
    try:
        return _assembled(settings, engine, checks, database)
    except BaseException:
        database.close()
        raise


def first_start(settings: Settings) -> Established | None:
    """What the first start of an installation makes; None where that has been done before.

    The installation is ready for several processes then, and what was made stands in
    credentials.json. Raises KeyFileRefused, DatabaseTooNew, DatabaseUnreadable.
    """
    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    with contextlib.closing(Database(settings.database)) as database:
        return _identity(settings, database)[2]


def _identity(
    settings: Settings, database: Database
) -> tuple[SqliteCredentials, bytes, Established | None]:
    """Who may call: the credential store, the installation's key, what the first start made."""
    credentials = SqliteCredentials(database)
    key = open_key_file(settings.data_dir, credentials.access_keys())

    def keep(made: Established) -> None:
        content = {"endpoint": settings.endpoint} | asdict(made)
        credentials_file.draft(settings.data_dir, content)

    established = identity.establish(
        credentials, hash_password=hash_password, seal=Sealer(key).seal, now=_now(), keep=keep
    )
    if established:
        credentials_file.publish(settings.data_dir)
    else:
        credentials_file.settle(
            settings.data_dir, lambda name: credentials.access_key(name) is not None
        )
    return credentials, key, established


def _assembled(
    settings: Settings, engine: Engine, checks: SilentChecks, database: Database
) -> OpenFRS:
    credentials, key, established = _identity(settings, database)
    sealer = Sealer(key)
    tokens = Tokens(key, timedelta(hours=settings.token_hours))
    authenticator = Authenticator(
        credentials, tokens=tokens, sealer=sealer, lockout=Lockout(_now), now=_now
    )
    store = SqliteStore(database, _now)
    limits = settings.limits
    policy = url_policy(settings)
    services = Services(
        face_sets=store,
        faces=store,
        mirror=Mirror(store, search_index, engine.dimension, budget=mirror_budget(settings)),
        engine=engine,
        estimator=engine,
        read_picture=picture_reader(limits, policy),
        open_video=video_opener(limits, policy),
        live_checks=live_checks(settings, engine, checks),
        silent_checks=checks,
        credentials=credentials,
        authenticator=authenticator,
        sign_in=identity.SignIn(
            credentials,
            issue_token=tokens.issue,
            read_token=authenticator.read_token,
            password_fits=password_fits,
            lockout=Lockout(_now),
            now=_now,
        ),
        limits=limits,
        face_set_name_pattern=re.compile(settings.face_set_name_pattern),
        console=settings.console == "on",
        about=_about(settings, checks),
        secrets=Secrets(hash_password, sealer.seal),
    )
    return OpenFRS(settings, services, database, established)


def _about(settings: Settings, checks: SilentChecks) -> About:
    in_use = {settings.model_pack}
    if checks.detector is not None:
        in_use.add(settings.liveness_pack)
    return About(
        version=metadata.version("openfrs"),
        profile=settings.profile,
        known_packs=partial(known_packs, settings.packs_dir, in_use),
    )


def create_app(openfrs: OpenFRS) -> ASGIApp:
    """The ASGI application of an assembled service."""
    settings = openfrs.settings
    return Gateway(
        openfrs.services,
        picture_slots=settings.picture_slots or cores_each(settings),
        request_threads=settings.request_threads,
    )


def onnx_engine(settings: Settings) -> OnnxEngine:
    """The engine of the installed pack, warmed up. Raises PackError."""
    pack = installed_pack(settings.packs_dir, settings.model_pack)
    engine = OnnxEngine(
        pack,
        threads=settings.inference_threads or cores_each(settings),
        provider=settings.inference_provider,
    )
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


def _now() -> datetime:
    return datetime.now(UTC)
