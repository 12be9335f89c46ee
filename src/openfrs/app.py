"""The composition root: which part is made of what, and in which order it starts."""

import contextlib
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from importlib import metadata

from starlette.types import ASGIApp

from openfrs import credentials_file, images
from openfrs.api.admission import admission
from openfrs.api.auditing import Auditing
from openfrs.api.call import About, Secrets, Services
from openfrs.api.gateway import Gateway
from openfrs.api.proxies import Network, networks
from openfrs.api.routes import OPERATIONS
from openfrs.api.throttle import Throttle
from openfrs.auth.authenticate import Authenticator
from openfrs.auth.passwords import COST, Cost, hash_password, password_fits
from openfrs.auth.sealing import AUDIT_LOG, KEY_FILE, ContentSealer, Sealer, derive, open_key_file
from openfrs.auth.tokens import Tokens
from openfrs.buckets import thumbnail_objects
from openfrs.domain.audit import Act, Actor, Deed, on_behalf_of
from openfrs.domain.ports import (
    AgeingFaces,
    SilentLivenessDetector,
)
from openfrs.domain.rates import Rates, rates
from openfrs.index.quantised import QuantisedIndex
from openfrs.installed_models import Engine, live_checks, onnx_engine, silent_checks
from openfrs.machine import cores_each, mirror_budget
from openfrs.observation.board import Board
from openfrs.observation.gauges import ModelFacts
from openfrs.observers import Watch
from openfrs.one_at_a_time import one_at_a_time
from openfrs.openers import picture_reader, url_policy, video_opener
from openfrs.operations import identity
from openfrs.operations.identity import Established
from openfrs.operations.mirror import Mirror
from openfrs.operations.readiness import Readiness
from openfrs.operations.silent_liveness import SilentChecks
from openfrs.operations.thumbnail_keeper import ThumbnailKeeper
from openfrs.operations.thumbnails import Thumbnails
from openfrs.pack_list import known_packs
from openfrs.setting_values import SettingInvalid
from openfrs.settings import Settings
from openfrs.storage.audit_log import AuditLog
from openfrs.storage.audit_trail import AuditTrail
from openfrs.storage.census import take_census
from openfrs.storage.credentials import SqliteCredentials
from openfrs.storage.database import Database
from openfrs.storage.faces import SqliteStore
from openfrs.storage.lock_table import LockTable
from openfrs.storage.rate_table import RateTable
from openfrs.storage.thumbnails import SqliteThumbnails

search_index = QuantisedIndex
"""What keeps a face set in memory: a callable of its schema and the templates' dimension."""

LOCK_TABLE = "locks"
RATE_TABLE = "rates"
WAITING_A_SLOT = 16


@dataclass(frozen=True, slots=True)
class OpenFRS:
    """The assembled service. ``established`` holds what the first start made, that once."""

    settings: Settings
    services: Services
    store: AgeingFaces
    database: Database
    thumbnail_keeper: ThumbnailKeeper
    established: Established | None
    lock_table: LockTable
    rate_table: RateTable | None
    trail: AuditTrail | None
    watch: Watch
    trusted_proxies: Sequence[Network]

    def close(self) -> None:
        """Waits for every write under way."""
        self.thumbnail_keeper.close()
        if self.trail is not None:
            self.trail.close()
        self.database.close()
        self.lock_table.close()
        if self.rate_table is not None:
            self.rate_table.close()
        self.watch.close()


def assemble(
    settings: Settings,
    engine: Engine | None = None,
    silent: SilentLivenessDetector | None = None,
    *,
    board: Board | None = None,
    worker: int = 0,
    password_cost: Cost = COST,
) -> OpenFRS:
    """Everything between the settings and the wire, started and tried.

    The engine and the passive check are those of the installed packs unless they are given. Of
    several processes each is another ``worker`` on the board that they share.
    Raises PackError, KeyFileRefused, DatabaseTooNew, SettingInvalid.
    """
    checks = silent_checks(settings, silent)
    watch = Watch(settings, board or Board(), worker)
    if engine is None:
        engine = onnx_engine(settings)
    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    database = Database(settings.database, watch.committed)
    try:
        return _assembled(settings, engine, checks, database, watch, password_cost)
    except BaseException:
        database.close()
        watch.close()
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
    settings: Settings, database: Database, cost: Cost = COST
) -> tuple[SqliteCredentials, bytes, Established | None]:
    """Who may call: the credential store, the installation's key, what the first start made."""
    credentials = SqliteCredentials(database)
    key = open_key_file(settings.data_dir, credentials.access_keys())

    def keep(made: Established) -> None:
        content = {"endpoint": settings.endpoint} | asdict(made)
        credentials_file.draft(settings.data_dir, content)

    if settings.audit != "off":
        database.audit = AuditLog(derive(key, AUDIT_LOG), _now)
    with on_behalf_of(Deed(Act("FirstStart", Actor.SERVICE))):
        established = identity.establish(
            credentials,
            hash_password=partial(hash_password, cost=cost),
            seal=Sealer(key).seal,
            now=_now(),
            keep=keep,
        )
    if established:
        credentials_file.publish(settings.data_dir)
    else:
        credentials_file.settle(
            settings.data_dir, lambda name: credentials.access_key(name) is not None
        )
    return credentials, key, established


def _assembled(
    settings: Settings,
    engine: Engine,
    checks: SilentChecks,
    database: Database,
    watch: Watch,
    cost: Cost,
) -> OpenFRS:
    credentials, key, established = _identity(settings, database, cost)
    sealer = Sealer(key)
    tokens = Tokens(key, timedelta(hours=settings.token_hours))
    store = SqliteStore(database, _now)
    limits = settings.limits
    policy = url_policy(settings)
    live = live_checks(settings, engine, checks)
    rate_policy = _rates(settings)
    proxies = _trusted_proxies(settings)
    table = RateTable(settings.data_dir / RATE_TABLE) if rate_policy else None
    locks = LockTable(settings.data_dir / LOCK_TABLE)
    authenticator = Authenticator(
        credentials, tokens=tokens, sealer=sealer, lockout=locks, now=_now
    )
    trail = None if database.audit is None else AuditTrail(database, database.audit)
    thumbnails = thumbnails_of(settings, key, database)
    keeper = thumbnail_keeper(settings, thumbnails)
    services = Services(
        face_sets=store,
        faces=store,
        mirror=Mirror(store, search_index, engine.dimension, budget=mirror_budget(settings)),
        engine=engine,
        estimator=engine,
        read_picture=picture_reader(limits, policy),
        open_video=video_opener(limits, policy),
        live_checks=live,
        silent_checks=checks,
        credentials=credentials,
        authenticator=authenticator,
        sign_in=identity.SignIn(
            credentials,
            issue_token=tokens.issue,
            read_token=authenticator.read_token,
            password_fits=partial(password_fits, cost=cost),
            lockout=locks,
            now=_now,
        ),
        limits=limits,
        throttle=None if table is None else Throttle(rate_policy, table),
        face_set_name_pattern=re.compile(settings.face_set_name_pattern),
        thumbnails=thumbnails,
        console=settings.console == "on",
        about=_about(settings, checks),
        secrets=Secrets(partial(hash_password, cost=cost), sealer.seal),
        readiness=Readiness(
            credentials, engine, watch.free_bytes, least_free=settings.least_free_bytes
        ),
        metrics=watch.metrics,
        quality_gate=settings.server_gate,
    )
    keeper.start()
    return OpenFRS(
        settings,
        services,
        store,
        database,
        keeper,
        established,
        locks,
        table,
        trail,
        watch,
        proxies,
    )


def _about(settings: Settings, checks: SilentChecks) -> About:
    in_use = {settings.model_pack}
    if checks.detector is not None:
        in_use.add(settings.liveness_pack)
    return About(
        version=metadata.version("openfrs"),
        profile=settings.profile,
        since=datetime.fromtimestamp((settings.data_dir / KEY_FILE).stat().st_mtime, UTC),
        known_packs=partial(known_packs, settings.packs_dir, in_use),
    )


def thumbnails_of(settings: Settings, key: bytes, database: Database) -> Thumbnails:
    """The thumbnails of an installation whose key file has that content. Raises SettingInvalid."""
    sealer = ContentSealer(key, "thumbnails 1")
    installation = derive(key, "thumbnail bucket 1").hex()[:16]
    return Thumbnails(
        store=SqliteThumbnails(database),
        objects=thumbnail_objects(settings, installation),
        picture=images.thumbnail,
        seal=sealer.seal,
        open=sealer.open,
    )


def thumbnail_keeper(settings: Settings, thumbnails: Thumbnails) -> ThumbnailKeeper:
    """What brings thumbnails to their store and erases them there."""
    lock = settings.data_dir / "thumbnails.lock"
    return ThumbnailKeeper(thumbnails.store, thumbnails.objects, lambda: one_at_a_time(lock))


def create_app(openfrs: OpenFRS) -> ASGIApp:
    """The ASGI application of an assembled service."""
    settings, services = openfrs.settings, openfrs.services
    slots = settings.picture_slots or cores_each(settings)
    queue = settings.picture_queue
    gateway = Gateway(
        services,
        admission(
            picture_slots=slots,
            picture_queue=WAITING_A_SLOT * slots if queue is None else queue,
            request_threads=settings.request_threads,
            request_queue=settings.request_queue,
            body_bytes_held=settings.body_bytes_held,
            body_timeout=settings.body_timeout,
        ),
        auditing=None
        if openfrs.trail is None
        else Auditing(openfrs.trail, reads=settings.audit == "all"),
        trusted_proxies=openfrs.trusted_proxies,
        observers=openfrs.watch.observers,
    )
    openfrs.watch.start(
        queues=gateway.queues,
        mirror=services.mirror,
        mirror_budget=mirror_budget(settings),
        take_census=partial(take_census, openfrs.database),
        model=ModelFacts(
            pack=settings.model_pack,
            identity=services.engine.model,
            dimension=services.engine.dimension,
            provider=settings.inference_provider,
            liveness=settings.liveness_pack if services.silent_checks.detector else "",
        ),
    )
    return gateway


def _trusted_proxies(settings: Settings) -> Sequence[Network]:
    """The proxies whose word counts, as the operator set them. Raises SettingInvalid."""
    try:
        return networks(settings.trusted_proxies)
    except ValueError as error:
        raise SettingInvalid(f"trusted_proxies: {error}") from error


def _rates(settings: Settings) -> Rates:
    """How often projects may ask for what, as the operator set it. Raises SettingInvalid."""
    limits = settings.limits
    operations = {operation.name for operation in OPERATIONS if "{project_id}" in operation.path}
    try:
        return rates(limits.rate_limit, settings.rate_burst, limits.rate_limits, operations)
    except ValueError as error:
        raise SettingInvalid(f"rate_limits: {error}") from error


def _now() -> datetime:
    return datetime.now(UTC)
