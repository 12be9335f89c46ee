"""What opens the pictures and videos of requests, within what the operator allows."""

from dataclasses import replace
from pathlib import Path

from openfrs import image_urls, images, videos
from openfrs.buckets import s3_buckets, s3_endpoint
from openfrs.domain.errors import FRSError, ImageTooLarge, VideoTooLarge
from openfrs.domain.faces import Image
from openfrs.domain.limits import Limits
from openfrs.domain.pictures import PictureFile, PictureSource, PictureText, PictureUrl
from openfrs.domain.ports import ObjectStore
from openfrs.domain.stages import Step, stage
from openfrs.image_urls import UrlPolicy
from openfrs.objects.local import LocalObjects
from openfrs.operations.action_liveness import OpenVideo
from openfrs.operations.recognition import ReadPicture
from openfrs.setting_values import SettingInvalid
from openfrs.settings import Settings


def url_policy(settings: Settings) -> UrlPolicy:
    """Where ``image_url`` may lead, as the operator set it. Raises SettingInvalid."""
    mappings = (mapping.partition("=") for mapping in settings.image_url_buckets)
    buckets: dict[str, ObjectStore] = {
        bucket: LocalObjects(Path(directory).expanduser()) for bucket, _, directory in mappings
    }
    on_server = settings.image_url_s3_buckets
    if on_server:
        buckets |= s3_buckets(settings, on_server)
    try:
        return UrlPolicy(
            hosts=frozenset(settings.image_url_hosts),
            buckets=buckets,
            private_hosts=frozenset(settings.image_url_private_hosts),
            max_bytes=settings.limits.picture_bytes,
            timeout=settings.image_url_timeout,
            bucket_endpoint=s3_endpoint(settings) if on_server else None,
        )
    except ValueError as error:
        raise SettingInvalid(f"image_url_hosts: {error}") from error


def picture_reader(limits: Limits, policy: UrlPolicy) -> ReadPicture:
    """What turns a picture's source into pixels, under those limits."""

    def read(source: PictureSource) -> Image:
        data = _content(source, limits.picture_bytes, policy, ImageTooLarge)
        with stage(Step.DECODE):
            return images.decode(data, limits)

    return read


def video_opener(limits: Limits, policy: UrlPolicy) -> OpenVideo:
    """What starts decoding a video of any source, under those limits."""
    policy = replace(policy, max_bytes=limits.video_bytes)

    def open_video(source: PictureSource) -> videos.Video:
        return videos.Video(_content(source, limits.video_bytes, policy, VideoTooLarge), limits)

    return open_video


def _content(
    source: PictureSource, most: int, policy: UrlPolicy, too_large: type[FRSError]
) -> bytes:
    """The bytes that a source stands for. Raises ``too_large`` for more base64 than ``most``."""
    match source:
        case PictureFile(data):
            return data
        case PictureText(text):
            if len(text) > most:
                raise too_large(f"[0, {most}] bytes of base64")
            return images.decode_base64(text)
        case PictureUrl(url):
            with stage(Step.FETCH):
                return image_urls.fetch(url, policy)
