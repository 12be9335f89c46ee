"""Liveness by actions in a video on the wire (spec 3.13, 8.1)."""

import re
from base64 import b64encode
from collections.abc import Sequence

from openfrs.api import shapes, wire
from openfrs.api.call import Answer, Call
from openfrs.domain.action_order import MAX_ACTIONS, TimeRange, Wanted
from openfrs.domain.actions import Action
from openfrs.domain.errors import ActionNotSupported, MalformedParameter, TooManyActions
from openfrs.operations import action_liveness
from openfrs.operations.action_liveness import LiveVerdict

_CODES = {str(action.value): action for action in Action}
_RANGE = re.compile(r"\s*(\d{1,9})\s*-\s*(\d{1,9})\s*")


def detect_live(call: Call) -> Answer:
    body = call.read(wire.LiveDetect)
    source = body.video()
    wanted = _wanted(body.actions, body.action_time)
    services = call.services
    verdict = action_liveness.detect_live(
        services.engine,
        services.live_checks,
        services.open_video,
        source,
        wanted,
        nod_degrees=body.nod_threshold,
    )
    warnings = [shapes.warning(warning) for warning in verdict.warnings]
    return Answer({"video-result": _result(verdict, wanted), "warning-list": warnings})


def _result(verdict: LiveVerdict, wanted: Sequence[Wanted]) -> shapes.Json:
    shape: shapes.Json = {
        "alive": verdict.alive,
        "actions": [
            {"confidence": confidence, "action": int(one.action)}
            for confidence, one in zip(verdict.confidences, wanted, strict=True)
        ],
    }
    if verdict.picture is not None:
        shape["picture"] = b64encode(verdict.picture).decode()
    return shape


def _wanted(actions: str, action_time: str | None) -> Sequence[Wanted]:
    """The actions of both lists.

    Raises ActionNotSupported, TooManyActions, MalformedParameter for ranges that cannot be read
    or are not as many as the actions.
    """
    codes = [code.strip() for code in actions.split(",")]
    unknown = next((code for code in codes if code not in _CODES), None)
    if unknown is not None:
        raise ActionNotSupported(repr(unknown[:20]))
    if len(codes) > MAX_ACTIONS:
        raise TooManyActions(f"{len(codes)} are asked for")
    ranges: Sequence[TimeRange | None] = [None] * len(codes)
    if action_time is not None:
        ranges = [_range(text) for text in action_time.split(",")]
        if len(ranges) != len(codes):
            raise MalformedParameter(
                f"action_time: {len(ranges)} ranges for {len(codes)} actions; give one each"
            )
    return [Wanted(_CODES[code], within) for code, within in zip(codes, ranges, strict=True)]


def _range(text: str) -> TimeRange:
    found = _RANGE.fullmatch(text)
    if not found or not found[1].isascii() or not found[2].isascii():
        raise MalformedParameter("action_time: ranges look like 1000-3000,4000-7000")
    start, end = int(found[1]), int(found[2])
    if start >= end:
        raise MalformedParameter(f"action_time: {start}-{end} does not end after its start")
    return start / 1000, end / 1000
