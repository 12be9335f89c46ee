"""Stores of objects as the operator set them: directories of this machine, buckets elsewhere."""

import os
import re
import stat
from collections.abc import Mapping, Sequence

from openfrs.domain.errors import UrlInvalid
from openfrs.domain.ports import ObjectStore
from openfrs.objects.local import LocalObjects
from openfrs.setting_values import SettingInvalid
from openfrs.settings import Settings
from openfrs.web_places import WebPlace

BUCKET_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
SECRET_LETTERS = 4096


def thumbnail_objects(settings: Settings, installation: str) -> ObjectStore:
    """Where thumbnails are kept. Raises SettingInvalid.

    In a bucket, their keys start with a name of this installation, so that several may share it.
    """
    name = settings.thumbnails_bucket
    if name:
        return s3_buckets(settings, [name], f"openfrs-{installation}/")[name]
    return LocalObjects(settings.thumbnails_dir)


def s3_buckets(
    settings: Settings, names: Sequence[str], prefix: str = ""
) -> Mapping[str, ObjectStore]:
    """Buckets of the S3 server by their names; it is not asked anything yet.

    Raises SettingInvalid.
    """
    for name in names:
        if not BUCKET_NAME.fullmatch(name):
            raise SettingInvalid(f"{name} is no name of an S3 bucket")
    if settings.s3_ca_file and not settings.s3_ca_file.is_file():
        raise SettingInvalid(f"s3_ca_file: {settings.s3_ca_file} is no file")
    try:
        from openfrs.objects.s3 import S3Access, S3Connection, S3Objects
    except ImportError:
        raise SettingInvalid("S3 buckets need the extra s3: pip install 'openfrs[s3]'") from None
    connection = S3Connection(
        S3Access(
            endpoint=s3_endpoint(settings).url.removesuffix("/"),
            region=settings.s3_region,
            access_key=settings.s3_access_key,
            secret_key=_s3_secret(settings),
            addressing=settings.s3_addressing,
            timeout=settings.s3_timeout,
            ca_file=settings.s3_ca_file,
        )
    )
    return {name: S3Objects(connection, name, prefix) for name in names}


def s3_endpoint(settings: Settings) -> WebPlace:
    """The server of buckets, taken apart. Raises SettingInvalid."""
    try:
        place = WebPlace.parse(settings.s3_endpoint)
    except UrlInvalid as error:
        raise SettingInvalid(f"s3_endpoint: {error.detail}") from None
    if place.target != b"/":
        raise SettingInvalid("s3_endpoint holds a path; a bucket is named by its own setting")
    return place


def _s3_secret(settings: Settings) -> str:
    """The only line of the secret file. Raises SettingInvalid, which never quotes it."""
    path = settings.s3_secret_file
    assert path is not None, "settings with a bucket name the file"
    try:
        with path.open(encoding="utf-8") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            secret = file.read(SECRET_LETTERS).strip()
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not a text"
        raise SettingInvalid(f"s3_secret_file: {path}: {reason}") from None
    if mode & 0o007:
        raise SettingInvalid(f"s3_secret_file: {path} can be read by others: run chmod 600 on it")
    if not secret or len(secret.split()) > 1:
        raise SettingInvalid(f"s3_secret_file: {path} does not hold one secret key alone")
    return secret
