"""The numbers that bound a request, in two profiles.

``CLOUD`` holds the vendor's own figures (spec 10), for testing clients against them; ``OPEN`` is
the default of a service of one's own. Every figure is also a setting.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Upper bounds, each inclusive.

    ``body_bytes`` is what the gateway reads at all, ``request_bytes`` what an operation takes: the
    picture limit and room for the other fields of a form. A picture sent as base64 counts with
    the length of its text as well (spec 10). ``video_pixels`` bounds all the pixels that are
    decoded of one video: fifteen seconds of 1920x1080 at 60 pictures a second.
    """

    face_sets: int
    capacity: int
    listing_window: int
    listing_page: int
    top_n: int = 1000
    body_bytes: int = 12 * 1024 * 1024
    request_bytes: int = 8 * 1024 * 1024 + 64 * 1024
    picture_bytes: int = 8 * 1024 * 1024
    picture_side: int = 4096
    video_bytes: int = 8 * 1024 * 1024
    video_side: int = 4096
    video_pixels: int = 15 * 60 * 1920 * 1080


CAPACITY_STEP = 10_000
QUERY_PAGE = 100
DEFAULT_CAPACITY = 100_000

OPEN = Limits(face_sets=1000, capacity=10_000_000, listing_window=10_000_000, listing_page=10_000)
CLOUD = Limits(face_sets=10, capacity=100_000, listing_window=10_000, listing_page=10_000)

PROFILES = {"open": OPEN, "cloud": CLOUD}
