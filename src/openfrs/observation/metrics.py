"""Every metric: name, kind, what it counts, its labels. Whatever is not here is not exported."""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What Prometheus calls it."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


@dataclass(frozen=True, slots=True)
class Metric:
    """One family of series, named as it is asked for. ``buckets`` are a histogram's upper bounds.

    Labels have few values each: no face, user, address or request has a series of its own, and
    of face sets only the largest (setting ``metrics_face_sets``).
    """

    name: str
    kind: Kind
    text: str
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = ()


_REQUEST = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_STEP = (0.0001, 0.00025, 0.0005, *_REQUEST)
_JOBS = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024)

REQUESTS = Metric(
    "openfrs_requests_total",
    Kind.COUNTER,
    "Requests that were answered. `operation` is as in the table of operations, empty for paths"
    " that are not in it; `error_code` is empty where there is none.",
    ("operation", "status", "error_code"),
)
REQUEST_SECONDS = Metric(
    "openfrs_request_seconds",
    Kind.HISTOGRAM,
    "From the head of a request to the end of its answer, the body's arrival included.",
    ("operation",),
    _REQUEST,
)
STAGE_SECONDS = Metric(
    "openfrs_stage_seconds",
    Kind.HISTOGRAM,
    "How long the steps of requests took, each time that one was taken.",
    ("stage",),
    _STEP,
)
WAITING = Metric(
    "openfrs_requests_waiting",
    Kind.GAUGE,
    "Requests that wait for a place to be worked on: `pictures` run models, `others` do not.",
    ("queue",),
)
WORKING = Metric(
    "openfrs_requests_working", Kind.GAUGE, "Requests that are being worked on.", ("queue",)
)
SLOTS = Metric(
    "openfrs_request_slots",
    Kind.GAUGE,
    "How many requests can be worked on at once (settings `picture_slots`, `request_threads`).",
    ("queue",),
)
COMMIT_SECONDS = Metric(
    "openfrs_commit_seconds",
    Kind.HISTOGRAM,
    "How long the store's commits took: the writing of the log and its fsync.",
    (),
    _STEP,
)
COMMIT_JOBS = Metric(
    "openfrs_commit_jobs", Kind.HISTOGRAM, "Writes that shared a commit.", (), _JOBS
)
MIRROR_BYTES = Metric(
    "openfrs_mirror_bytes", Kind.GAUGE, "Memory that face sets take to be searched."
)
MIRROR_BUDGET = Metric(
    "openfrs_mirror_budget_bytes",
    Kind.GAUGE,
    "What they may take (setting `mirror_bytes`); 0 where there is no limit.",
)
MIRROR_SETS = Metric("openfrs_mirror_face_sets", Kind.GAUGE, "Face sets that are in memory.")
MIRROR_FACES = Metric("openfrs_mirror_faces", Kind.GAUGE, "Faces that are in memory.")
MIRROR_LOADS = Metric(
    "openfrs_mirror_loads_total", Kind.COUNTER, "Face sets that were read into memory as a whole."
)
MIRROR_EVICTIONS = Metric(
    "openfrs_mirror_evictions_total", Kind.COUNTER, "Face sets that gave way to others in memory."
)
SET_MIRROR_BYTES = Metric(
    "openfrs_face_set_mirror_bytes",
    Kind.GAUGE,
    "Memory that one face set takes, among those that have series of their own.",
    ("project_id", "face_set"),
)
PROJECT_SETS = Metric(
    "openfrs_project_face_sets", Kind.GAUGE, "Face sets of a project.", ("project_id",)
)
PROJECT_FACES = Metric(
    "openfrs_project_faces", Kind.GAUGE, "Faces in all face sets of a project.", ("project_id",)
)
SET_FACES = Metric(
    "openfrs_face_set_faces",
    Kind.GAUGE,
    "Faces of one face set. The largest have series, as many as `metrics_face_sets` says.",
    ("project_id", "face_set"),
)
SET_CAPACITY = Metric(
    "openfrs_face_set_capacity",
    Kind.GAUGE,
    "How many faces that face set may hold.",
    ("project_id", "face_set"),
)
STORE_READABLE = Metric(
    "openfrs_store_readable", Kind.GAUGE, "1 where the store answered this very scrape, else 0."
)
STORE_BYTES = Metric("openfrs_store_bytes", Kind.GAUGE, "The database file and its log.")
DISK_FREE = Metric(
    "openfrs_disk_free_bytes", Kind.GAUGE, "Free space where the data directory lies."
)
WORKERS = Metric("openfrs_workers", Kind.GAUGE, "Processes that serve at this moment.")
MODEL = Metric(
    "openfrs_model_info",
    Kind.GAUGE,
    "Always 1. `identity` names the pack and its revision, as face sets remember it; `provider` is"
    " where models run; `liveness` is the pack of the passive check, empty where it is missing.",
    ("pack", "identity", "dimension", "provider", "liveness"),
)
BUILD = Metric(
    "openfrs_build_info", Kind.GAUGE, "Always 1: what is running.", ("version", "python")
)
CPU = Metric(
    "process_cpu_seconds_total",
    Kind.COUNTER,
    "Processor time of a serving process. `worker` numbers the processes from 0.",
    ("worker",),
)
RESIDENT = Metric(
    "process_resident_memory_bytes", Kind.GAUGE, "Memory of the process.", ("worker",)
)
VIRTUAL = Metric(
    "process_virtual_memory_bytes", Kind.GAUGE, "Address space of the process.", ("worker",)
)
STARTED = Metric(
    "process_start_time_seconds", Kind.GAUGE, "When it started, in seconds since 1970.", ("worker",)
)
OPEN_FILES = Metric("process_open_fds", Kind.GAUGE, "Its open files and connections.", ("worker",))
MOST_FILES = Metric("process_max_fds", Kind.GAUGE, "How many it may have open.", ("worker",))

METRICS = (
    *(REQUESTS, REQUEST_SECONDS, STAGE_SECONDS, WAITING, WORKING, SLOTS),
    *(COMMIT_SECONDS, COMMIT_JOBS),
    *(MIRROR_BYTES, MIRROR_BUDGET, MIRROR_SETS, MIRROR_FACES, MIRROR_LOADS, MIRROR_EVICTIONS),
    *(PROJECT_SETS, PROJECT_FACES, SET_FACES, SET_CAPACITY, SET_MIRROR_BYTES),
    *(STORE_READABLE, STORE_BYTES, DISK_FREE, WORKERS, MODEL, BUILD),
    *(CPU, RESIDENT, VIRTUAL, STARTED, OPEN_FILES, MOST_FILES),
)
"""In the order of the page."""
