"""Every setting: name, default, help. The only reader of environment and settings file.

A value is looked for in this order: the command line, the environment (``OPENFRS_`` and the name
in capitals), ``openfrs.toml`` in the data directory, the default.
"""

import dataclasses
import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_type_hints

import platformdirs

from openfrs.domain.errors import MalformedParameter
from openfrs.domain.limits import CAPACITY_STEP, PROFILES, Limits
from openfrs.domain.quality_gate import PROFILE_GATES, QualityGate, parse_gate
from openfrs.setting_values import SettingInvalid, checked_values

ENVIRONMENT_PREFIX = "OPENFRS_"
FILE_NAME = "openfrs.toml"
OTLP_ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"  # OpenTelemetry's own name for tracing_endpoint
LEAST_TOKEN = 16


COUNT = (1, 2**53)
RANGES: Mapping[str, tuple[float, float]] = {
    "port": (0, 65535),
    "face_sets": COUNT,
    "faces": COUNT,
    "capacity": (CAPACITY_STEP, 2**53),
    "listing_window": COUNT,
    "listing_page": COUNT,
    "top_n": COUNT,
    "body_bytes": COUNT,
    "request_bytes": COUNT,
    "picture_bytes": COUNT,
    "picture_side": COUNT,
    "video_bytes": COUNT,
    "video_side": COUNT,
    "video_pixels": COUNT,
    "rate_limit": (0, 1_000_000),
    "rate_burst": (0, 1_000_000),
    "picture_queue": (0, 1_000_000),
    "request_queue": (0, 1_000_000),
    "body_bytes_held": COUNT,
    "body_timeout": (0.001, 3600),
    "inference_threads": (0, 1024),
    "picture_slots": (0, 1024),
    "workers": (0, 1024),
    "mirror_bytes": (0, 2**53),
    "request_threads": (1, 1024),
    "image_url_timeout": (0.001, 3600),
    "s3_timeout": (0.001, 3600),
    "liveness_threshold": (0, 1),
    "token_hours": (0.001, 24 * 366),
    "metrics_port": (0, 65535),
    "metrics_face_sets": (0, 1000),
    "least_free_bytes": (0, 2**53),
}


def _setting(default: Any, text: str) -> Any:
    return dataclasses.field(default=default, metadata={"help": text})


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the operator chose. ``None`` among the limits means: as the profile says."""

    data_dir: Path = dataclasses.field(
        metadata={"help": "Directory of the database, keys and models; made at the first start."}
    )
    host: str = _setting("127.0.0.1", "Address to listen on.")
    port: int = _setting(8080, "Port to listen on; 0 lets the system choose.")
    public_endpoint: str = _setting(
        "", "Address that clients use, where it differs from host and port (a reverse proxy)."
    )
    profile: str = _setting("open", "Limits to start from: open (generous) or cloud (vendor's).")
    face_sets: int | None = _setting(None, "Most face sets a project may have.")
    faces: int | None = _setting(None, "Most faces a project may have, in all its face sets.")
    capacity: int | None = _setting(None, "Greatest capacity a face set may be given.")
    listing_window: int | None = _setting(None, "Greatest offset + limit when listing faces.")
    listing_page: int | None = _setting(None, "Greatest limit when listing faces.")
    top_n: int | None = _setting(None, "Greatest top_n of a search.")
    body_bytes: int | None = _setting(None, "Largest request body the gateway reads (APIG.0201).")
    request_bytes: int | None = _setting(None, "Largest body an operation takes (FRS.0017).")
    picture_bytes: int | None = _setting(None, "Largest picture file, in bytes.")
    picture_side: int | None = _setting(None, "Longest side of a picture, in pixels.")
    video_bytes: int | None = _setting(None, "Largest video file, in bytes.")
    video_side: int | None = _setting(None, "Longest side of a video's pictures, in pixels.")
    video_pixels: int | None = _setting(None, "Most pixels that are decoded of one video.")
    rate_limit: float | None = _setting(
        None, "Requests a second of one project for one operation (APIG.0308); 0: no limit."
    )
    rate_limits: tuple[str, ...] | None = _setting(
        None, "Operations with a rate of their own, as Operation=requests a second; 0: no limit."
    )
    rate_burst: int = _setting(0, "Requests at once within the rate; 0: a second's worth.")
    video_length: str = _setting(
        "strict", "A video outside 1 to 15 s is refused (strict) or gets a warning (lenient)."
    )
    live_detect_passive: str = _setting(
        "off", "Whether live-detect also asks the passive check (model pack needed): on or off."
    )
    face_set_name_pattern: str = _setting(
        "[A-Za-z0-9_-]{1,64}", "Regular expression that a new face set's whole name must match."
    )
    quality_gate: tuple[str, ...] = _setting(
        (),
        "Bounds that faces must keep to be added where neither request nor face set says otherwise,"
        " as name=bound. The cloud profile has face_pixels=80 where this does not name it.",
    )
    model_pack: str = _setting("default", "Name of the model pack to use.")
    liveness_pack: str = _setting(
        "silent-face", "Name of the model pack of live-detect-face, used where it is installed."
    )
    liveness_threshold: float = _setting(
        0.5, "Least confidence, from 0 to 1, at which live-detect-face calls a face alive."
    )
    liveness_faces: str = _setting(
        "largest",
        "Of several faces, live-detect-face judges the largest (largest), or refuses the picture"
        " (single, FRS.0709).",
    )
    models_dir: Path | None = _setting(None, "Where packs are installed; DATA_DIR/models if unset.")
    model_mirror: Path | None = _setting(
        None, "Directory with model files or wheels, tried before any network source."
    )
    inference_threads: int = _setting(0, "Threads for one model run; 0: one a core.")
    inference_provider: str = _setting("cpu", "Where models run: cpu or cuda.")
    picture_slots: int = _setting(0, "Pictures worked on at the same time; 0: one a core.")
    picture_queue: int | None = _setting(
        None,
        "Requests with pictures that may wait in each process; past them FRS.0033 at once."
        " Unset: 16 for each picture that is worked on at the same time.",
    )
    workers: int = _setting(1, "Processes that serve; 0: one a core.")
    mirror_bytes: int | None = _setting(
        None,
        "Memory for face sets that are searched, of all processes together, in bytes; those not"
        " searched the longest give way. 0: no limit. Unset: half of the machine's.",
    )
    request_threads: int = _setting(32, "Requests without pictures worked on at the same time.")
    request_queue: int = _setting(
        512, "Other requests that may wait in each process; past them FRS.0033 at once."
    )
    body_bytes_held: int = _setting(
        512 * 1024 * 1024,
        "Memory for the bodies of all requests together in each process, in bytes; a request that"
        " finds no room gets FRS.0033.",
    )
    body_timeout: float = _setting(60.0, "Seconds in which the body of a request must have come.")
    image_url_hosts: tuple[str, ...] = _setting(
        (), "Hosts that image_url may fetch from, as name, name:port or *.name; none: switched off."
    )
    image_url_buckets: tuple[str, ...] = _setting(
        (), "Buckets that image_url may read from local directories, as bucket=directory."
    )
    image_url_s3_buckets: tuple[str, ...] = _setting(
        (), "Buckets that image_url may read from the server s3_endpoint, by their names."
    )
    image_url_private_hosts: tuple[str, ...] = _setting(
        (), "Allowed hosts that may resolve to loopback, link-local or private addresses."
    )
    image_url_timeout: float = _setting(10.0, "Seconds for the whole fetch of an image_url.")
    thumbnails_bucket: str = _setting(
        "",
        "Bucket of s3_endpoint for the thumbnails of enrolled faces; DATA_DIR/thumbnails if unset.",
    )
    s3_endpoint: str = _setting(
        "",
        "Server of buckets, such as https://obs.cn-north-4.myhuaweicloud.com or http://nas:9000.",
    )
    s3_region: str = _setting("us-east-1", "Region that requests to s3_endpoint are signed for.")
    s3_access_key: str = _setting("", "Access key that requests to s3_endpoint are signed with.")
    s3_secret_file: Path | None = _setting(
        None, "File whose only line is the secret key of s3_access_key; not readable by others."
    )
    s3_ca_file: Path | None = _setting(
        None, "File of the authorities whose certificates s3_endpoint may show; unset: the usual."
    )
    s3_addressing: str = _setting(
        "path", "Where s3_endpoint expects the bucket: in the path, or in the host name (virtual)."
    )
    s3_timeout: float = _setting(
        10.0, "Seconds to wait for s3_endpoint: to connect, for an answer, for a whole object."
    )
    console: str = _setting("on", "Whether the web console is served at /console: on or off.")
    token_hours: float = _setting(24.0, "Life of a token from POST /v3/auth/tokens, in hours.")
    audit: str = _setting(
        "writes",
        "What the audit log holds: everything that changes something and sign-ins (writes), also"
        " searches, comparisons and other reads (all), or nothing (off).",
    )
    trusted_proxies: tuple[str, ...] = _setting(
        (),
        "Addresses or networks of proxies whose X-Forwarded-For and X-Forwarded-Proto count.",
    )
    log_level: str = _setting("info", "Least level of log lines: debug, info, warning or error.")
    log_format: str = _setting("text", "Log lines as text or as json.")
    metrics_host: str = _setting("127.0.0.1", "Address on which metrics_port listens.")
    metrics_port: int | None = _setting(
        None, "Port of its own for Prometheus, at /metrics; 0 lets the system choose. Unset: none."
    )
    metrics_token: str = _setting(
        "",
        "Bearer token, of 16 characters or more, that opens /metrics on the port of the API, and"
        " that metrics_port then asks for as well. Unset: not there.",
    )
    metrics_face_sets: int = _setting(
        100, "How many face sets, the largest ones, have metrics of their own."
    )
    least_free_bytes: int = _setting(
        0,
        "Free space on the data directory's disk below which /readyz answers 503; 0: any will do.",
    )
    tracing_endpoint: str = _setting(
        "",
        "OTLP/HTTP address of an OpenTelemetry collector, as http://127.0.0.1:4318; needs"
        " openfrs[tracing]. Where it is unset, OTEL_EXPORTER_OTLP_ENDPOINT counts.",
    )

    @property
    def database(self) -> Path:
        return self.data_dir / "openfrs.db"

    @property
    def packs_dir(self) -> Path:
        return self.models_dir or self.data_dir / "models"

    @property
    def has_metrics(self) -> bool:
        """Whether anybody can read metrics."""
        return self.metrics_port is not None or bool(self.metrics_token)

    @property
    def thumbnails_dir(self) -> Path:
        return self.data_dir / "thumbnails"

    @property
    def s3_buckets(self) -> tuple[str, ...]:
        """Every bucket of ``s3_endpoint`` that is used."""
        thumbnails = (self.thumbnails_bucket,) if self.thumbnails_bucket else ()
        return (*thumbnails, *self.image_url_s3_buckets)

    @property
    def endpoint(self) -> str:
        """The address that clients are told to use."""
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)  # noqa: S104
        host = f"[{host}]" if ":" in host else host
        return self.public_endpoint.rstrip("/") or f"http://{host}:{self.port}"

    @property
    def limits(self) -> Limits:
        """The profile's limits, with those that are set by themselves in their places."""
        names = [field.name for field in dataclasses.fields(Limits)]
        chosen = {name: value for name in names if (value := getattr(self, name)) is not None}
        return dataclasses.replace(PROFILES[self.profile], **chosen)

    @property
    def server_gate(self) -> QualityGate:
        """The profile's gate, with the bounds that are set in their places.

        Raises SettingInvalid.
        """
        bounds: dict[str, object] = {}
        for text in self.quality_gate:
            name, _, bound = text.partition("=")
            try:
                bounds[name] = float(bound)
            except ValueError:
                raise SettingInvalid(f"quality_gate takes name=bound, not {text!r}") from None
        try:
            return {**PROFILE_GATES[self.profile], **parse_gate(bounds)}
        except MalformedParameter as refusal:
            raise SettingInvalid(str(refusal)) from None


def load_settings(data_dir: Path | None = None, **overrides: object) -> Settings:
    """The settings in force. An override of None counts as not given.

    Raises SettingInvalid for a name or value that makes no sense, naming where it stands.
    """
    directory = (
        data_dir
        or _environment_path("DATA_DIR")
        or platformdirs.user_data_path("openfrs", appauthor=False)
    ).expanduser()
    values: dict[str, object] = {}
    types = get_type_hints(Settings)
    for where, source in (
        (str(directory / FILE_NAME), _from_file(directory / FILE_NAME)),
        ("the environment", _from_environment()),
        ("the command line", {k: v for k, v in overrides.items() if v is not None}),
    ):
        values.update(checked_values(source, types, where))
    values["data_dir"] = directory
    return _sensible(Settings(**values))  # type: ignore[arg-type]  # checked_values has done just that


def _environment_path(name: str) -> Path | None:
    text = os.environ.get(ENVIRONMENT_PREFIX + name)
    return Path(text) if text else None


def _from_environment() -> dict[str, object]:
    found: dict[str, object] = {}
    if endpoint := os.environ.get(OTLP_ENDPOINT):
        found["tracing_endpoint"] = endpoint
    for field in dataclasses.fields(Settings):
        text = os.environ.get(ENVIRONMENT_PREFIX + field.name.upper())
        if text:
            found[field.name] = text
    return found


def _from_file(path: Path) -> Mapping[str, object]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise SettingInvalid(f"{path}: {error}") from error


def _sensible(settings: Settings) -> Settings:
    choices = {
        "profile": tuple(PROFILES),
        "inference_provider": ("cpu", "cuda"),
        "liveness_faces": ("largest", "single"),
        "video_length": ("strict", "lenient"),
        "live_detect_passive": ("off", "on"),
        "audit": ("off", "writes", "all"),
        "s3_addressing": ("path", "virtual"),
        "console": ("on", "off"),
        "log_level": ("debug", "info", "warning", "error"),
        "log_format": ("text", "json"),
    }
    for name, allowed in choices.items():
        if getattr(settings, name) not in allowed:
            raise SettingInvalid(f"{name} is one of {', '.join(allowed)}")
    for name, (least, most) in RANGES.items():
        value = getattr(settings, name)
        if value is not None and not least <= value <= most:  # so is a value that is no number
            raise SettingInvalid(f"{name} is a number from {least} to {most}")
    if settings.body_bytes_held < settings.limits.body_bytes:
        raise SettingInvalid("body_bytes_held is at least body_bytes: one request must fit")
    if 0 < len(settings.metrics_token) < LEAST_TOKEN or not settings.metrics_token.isascii():
        raise SettingInvalid(f"metrics_token has at least {LEAST_TOKEN} characters, all of ASCII")
    if not re.fullmatch(r"(https?://[^\s/]+(/\S*)?)?", settings.tracing_endpoint):
        raise SettingInvalid("tracing_endpoint is an address as http://127.0.0.1:4318")
    if not re.fullmatch(r"(https?://[^\s/]+/?)?", settings.public_endpoint):
        raise SettingInvalid("public_endpoint is an address as https://frs.example.org, no path")
    try:
        re.compile(settings.face_set_name_pattern)
    except re.error as error:
        raise SettingInvalid(f"face_set_name_pattern: {error}") from error
    for mapping in settings.image_url_buckets:
        bucket, separator, directory = mapping.partition("=")
        if not (bucket and separator and directory):
            raise SettingInvalid("image_url_buckets takes bucket=directory")
        if bucket in settings.image_url_s3_buckets:
            raise SettingInvalid(f"{bucket} is a directory and an S3 bucket at once")
    if settings.s3_buckets:
        for name in ("s3_endpoint", "s3_access_key", "s3_secret_file"):
            if not getattr(settings, name):
                raise SettingInvalid(f"{name} is needed for the bucket {settings.s3_buckets[0]}")
    _ = settings.server_gate  # raises what is wrong with it
    return settings
