"""Whether the index finds what the store holds: searches held against the slow and obvious way.

Index and brute force are fed with the same view of the store, so that writers beside them make
no difference. What is asked for is drawn at random from what is stored.
"""

import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from openfrs.domain.faces import BoundingBox, Face, FaceBlock, FaceSet
from openfrs.domain.fields import FieldType, FieldValue, Schema
from openfrs.domain.ports import FaceFeed, FaceIndex
from openfrs.domain.query import EXTERNAL_IMAGE_ID, Equals, Range

PROBES = 8
FILTERS = 12
TOP_N = 10
SCORE_TOLERANCE = 1e-6  # both ways count in float64, but not in the same order

MakeIndex = Callable[[Schema, int], FaceIndex]


@dataclass(slots=True)
class Sample:
    """What is asked for: templates (P, D), and filters drawn from the values of stored faces."""

    probes: NDArray[np.float32]
    filters: list[Equals | Range]


@dataclass(slots=True)
class Slow:
    """The answers of brute force: of each probe the best scores and keys, of each filter the keys.

    ``faces`` are those among the best, by key.
    """

    scores: list[NDArray[np.float64]]
    keys: list[NDArray[np.int64]]
    matching: list[set[int]]
    faces: dict[int, Face] = field(default_factory=dict)


def index_faults(
    feed: FaceFeed, face_set: FaceSet, make_index: MakeIndex, dice: random.Random
) -> Iterator[str]:
    """Where the index of a set answers otherwise than brute force does, in plain words.

    The whole set is read twice and held in memory once. Raises FaceSetNotFound.
    """
    sample = _sample(feed, face_set, dice)
    if sample is None:
        return  # no faces, nothing to find
    index = make_index(face_set.schema, sample.probes.shape[1])
    slow = Slow(
        [np.empty(0)] * len(sample.probes),
        [np.empty(0, np.int64)] * len(sample.probes),
        [set() for _ in sample.filters],
    )
    faces = 0
    for block in feed.changes(face_set, 0).blocks:
        index.fill(block)
        _search_slowly(slow, sample, block)
        faces += len(block.face_keys)
    if len(index) != faces:
        yield f"the index of face set {face_set.name} holds {len(index)} of {faces} faces"
    for number, probe in enumerate(sample.probes):
        hits = index.search(probe, TOP_N)
        scores, keys = slow.scores[number], slow.keys[number]
        expected = dict(zip(keys.tolist(), scores.tolist(), strict=True))
        found = [hit.score for hit in hits]
        if len(found) != min(TOP_N, len(scores)) or not np.allclose(
            found, scores[: len(found)], rtol=0, atol=SCORE_TOLERANCE
        ):
            yield f"a search of face set {face_set.name} misses faces that are more like the probe"
        elif any(hit.face != slow.faces.get(hit.face.face_key) for hit in hits):
            yield f"a search of face set {face_set.name} shows a face otherwise than it is stored"
        elif any(abs(expected[hit.face.face_key] - hit.score) > SCORE_TOLERANCE for hit in hits):
            yield f"a search of face set {face_set.name} gives a face another's score"
    for where, matching in zip(sample.filters, slow.matching, strict=True):
        selected = index.select(where)
        if selected != matching:
            yield (
                f"a filter on {where.key} of face set {face_set.name} selects "
                f"{len(selected)} faces, {len(selected & matching)} of the {len(matching)} right"
            )


def _sample(feed: FaceFeed, face_set: FaceSet, dice: random.Random) -> Sample | None:
    """Templates and values of faces, each face as likely as any other; None where there is none."""
    probes: list[NDArray[np.float32]] = []
    values: list[Mapping[str, FieldValue]] = []
    seen = 0
    for block in feed.changes(face_set, 0).blocks:
        for row in range(len(block.face_keys)):
            seen += 1
            place = len(probes) if len(probes) < PROBES else dice.randrange(seen)
            if place >= PROBES:
                continue
            named = {EXTERNAL_IMAGE_ID: block.external_image_ids[row], **block.external_fields[row]}
            probes[place : place + 1] = [block.vectors[row].copy()]
            values[place : place + 1] = [named]
    if not probes:
        return None
    filters = [where for one in values for where in _filters(one, face_set.schema)]
    return Sample(np.stack(probes), dice.sample(filters, min(FILTERS, len(filters))))


def _filters(values: Mapping[str, FieldValue], schema: Schema) -> Iterator[Equals | Range]:
    """An equality for each value; for a number also all that is not less, for a text all above."""
    for key, value in values.items():
        yield Equals(key, value)
        if schema.get(key) is not FieldType.BOOLEAN:
            yield Range(key, value, None, not isinstance(value, str), True)  # noqa: FBT003


def _search_slowly(slow: Slow, sample: Sample, block: FaceBlock) -> None:
    """Takes a block's faces into the answers."""
    scores = sample.probes.astype(np.float64) @ block.vectors.astype(np.float64).T
    for number, row in enumerate(scores):
        together = np.concatenate((slow.scores[number], row))
        keys = np.concatenate((slow.keys[number], block.face_keys))
        # One more than are asked for, and all that tie with it: any of them may be in an answer.
        least = np.partition(together, -min(TOP_N, len(together)))[-min(TOP_N, len(together))]
        chosen = np.nonzero(together >= least - SCORE_TOLERANCE)[0]
        chosen = chosen[np.argsort(-together[chosen], kind="stable")]
        slow.scores[number], slow.keys[number] = together[chosen], keys[chosen]
    among = {key for keys in slow.keys for key in keys.tolist()}
    for place, key in enumerate(block.face_keys.tolist()):
        fields = block.external_fields[place]
        image_id = block.external_image_ids[place]
        if key in among:
            box = BoundingBox(*block.bounding_boxes[place].tolist())
            slow.faces[key] = Face(key, block.face_ids[place], image_id, fields, box)
        values = {EXTERNAL_IMAGE_ID: image_id, **fields}
        for where, matching in zip(sample.filters, slow.matching, strict=True):
            if where.key in values and _matches(where, values[where.key]):
                matching.add(key)
    slow.faces = {key: face for key, face in slow.faces.items() if key in among}


def _matches(where: Equals | Range, value: FieldValue) -> bool:
    """Whether a value is the one asked for, or lies above the lower end of the range."""
    if isinstance(where, Equals):
        return bool(value == where.value)
    low = where.low
    return value >= low if where.low_included else value > low  # type: ignore[operator]
