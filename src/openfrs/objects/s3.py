"""Objects in a bucket that speaks S3: OBS, MinIO, Ceph, SeaweedFS, AWS.

Only the endpoint that the operator named is talked to: no profile, environment, metadata service
or proxy is asked for anything.
"""

import os
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.session import Session

from openfrs.domain.objects import (
    ObjectNotFound,
    ObjectRefused,
    ObjectStoreError,
    ObjectStoreUnavailable,
    ObjectTooLarge,
    check_key,
)

CHUNK_BYTES = 64 * 1024
ATTEMPTS = 2
CONNECTIONS = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class S3Access:
    """How a server is reached, and as whom.

    ``addressing`` is ``path`` (https://host/bucket/key) or ``virtual`` (https://bucket.host/key).
    ``timeout`` is in seconds, for the connection, for each answer and for a whole object.
    ``ca_file`` holds the authorities whose certificates are trusted; None stands for the usual.
    """

    endpoint: str
    region: str
    access_key: str
    secret_key: str = field(repr=False)
    addressing: str
    timeout: float
    ca_file: Path | None = None


class S3Connection:
    """A server and its connections, shared by its buckets. Nothing is asked of it until need be."""

    def __init__(self, access: S3Access) -> None:
        self.timeout = access.timeout
        self.client = Session(session_vars=_nothing_from_around()).create_client(
            "s3",
            endpoint_url=access.endpoint,
            region_name=access.region,
            aws_access_key_id=access.access_key,
            aws_secret_access_key=access.secret_key,
            verify=True if access.ca_file is None else str(access.ca_file),
            config=Config(
                signature_version="s3v4",
                connect_timeout=access.timeout,
                read_timeout=access.timeout,
                max_pool_connections=CONNECTIONS,
                retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
                proxies={},
                use_fips_endpoint=False,
                use_dualstack_endpoint=False,
                s3={"addressing_style": access.addressing},
                # Checksums in trailers, its default, are unknown to many servers.
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
            ),
        )


def _nothing_from_around() -> dict[str, Any]:
    """The library's own settings, looked for neither in the environment nor in anybody's files."""
    alone: dict[str, Any] = {
        name: (None, None, default, conversion)
        for name, (_, _, default, conversion) in Session.SESSION_VARIABLES.items()
    }
    no_file = (None, None, os.devnull, None)
    return alone | {"config_file": no_file, "credentials_file": no_file}


class S3Objects:
    """The objects of one bucket whose keys start with ``prefix``. Satisfies ObjectStore."""

    def __init__(self, connection: S3Connection, bucket: str, prefix: str = "") -> None:
        self._client = connection.client
        self._timeout = connection.timeout
        self._bucket = bucket
        self._prefix = prefix

    def put(self, key: str, content: bytes) -> None:
        """Stores the object as a whole, in the place of one of that key.

        Raises ObjectKeyInvalid, ObjectRefused, ObjectStoreUnavailable.
        """
        with self._asking(key) as place:
            self._client.put_object(**place, Body=content, ContentType="application/octet-stream")

    def get(self, key: str, most: int) -> bytes:
        """The object's bytes.

        Raises ObjectNotFound, ObjectTooLarge for more than ``most`` of them, ObjectKeyInvalid,
        ObjectRefused, ObjectStoreUnavailable.
        """
        give_up = time.monotonic() + self._timeout
        content = bytearray()
        with self._asking(key) as place:
            answer = self._client.get_object(**place)
            with closing(answer["Body"]) as body:
                if answer["ContentLength"] > most:
                    raise ObjectTooLarge(f"more than {most} bytes")
                for chunk in body.iter_chunks(CHUNK_BYTES):
                    content += chunk
                    if len(content) > most:
                        raise ObjectTooLarge(f"more than {most} bytes")
                    if time.monotonic() > give_up:
                        raise ObjectStoreUnavailable("the bucket did not answer in time")
        return bytes(content)

    def delete(self, key: str) -> None:
        """Removes the object; one that is not there is no failure.

        A bucket that keeps versions keeps the object's all the same. Raises ObjectKeyInvalid,
        ObjectRefused, ObjectStoreUnavailable.
        """
        try:
            with self._asking(key) as place:
                self._client.delete_object(**place)
        except ObjectNotFound:
            return

    def keys(self, prefix: str = "") -> Iterator[str]:
        """The keys that start so, in no order. Raises ObjectRefused, ObjectStoreUnavailable."""
        pages = self._client.get_paginator("list_objects_v2").paginate(
            Bucket=self._bucket, Prefix=self._prefix + prefix
        )
        with _refusals():
            for page in pages:
                for found in page.get("Contents", ()):
                    yield found["Key"].removeprefix(self._prefix)

    @contextmanager
    def _asking(self, key: str) -> Iterator[dict[str, str]]:
        check_key(key)
        try:
            key.encode()
        except UnicodeEncodeError:  # half a surrogate pair, which no object has in its key
            raise ObjectNotFound("there is no such object") from None
        with _refusals():
            yield {"Bucket": self._bucket, "Key": self._prefix + key}


@contextmanager
def _refusals() -> Iterator[None]:
    """Calls what the server or the way to it refuses by the port's names."""
    try:
        yield
    except ClientError as error:
        raise _refusal(error) from None
    except BotoCoreError as error:
        raise ObjectStoreUnavailable(
            f"the bucket cannot be reached: {type(error).__name__}"
        ) from None


def _refusal(error: ClientError) -> ObjectStoreError:
    code = str(error.response.get("Error", {}).get("Code", ""))
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    if code == "NoSuchBucket":
        return ObjectStoreUnavailable("there is no such bucket")
    if status == 404:
        return ObjectNotFound("there is no such object")
    if status in (401, 403):
        return ObjectRefused(f"the bucket refuses access: {code}")
    return ObjectStoreUnavailable(f"the bucket answers {status} {code}")
