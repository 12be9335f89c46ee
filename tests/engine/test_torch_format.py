"""Tensors are read as data, and whatever else a file holds is refused without being run."""

import os
import pickle
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from openfrs.engine.torch_format import TorchFormatInvalid, read_tensors
from tests.engine.torch_files import dictionary, plain, saved, tensor, torch_file

STORAGES = {"a": np.arange(6, dtype="<f4")}
WHOLE = ("a", 0, (6,), (1,))
GOOD = torch_file({"w": ("a", 0, (2, 3), (3, 1)), "v": ("a", 1, (2, 2), (1, 2))}, STORAGES)

Arrays = st.dictionaries(
    st.text(min_size=1, max_size=20),
    st.sampled_from(["<f4", "<f8", "<i8"]).flatmap(
        lambda dtype: hnp.arrays(dtype, hnp.array_shapes(min_dims=0, max_dims=4, max_side=4))
    ),
    min_size=1,
    max_size=5,
)


@given(tensors=Arrays)
def test_what_was_saved_is_read(tensors: dict[str, NDArray[Any]]) -> None:
    found = read_tensors(saved(tensors))
    assert list(found) == list(tensors)
    for name, values in tensors.items():
        assert found[name].dtype == values.dtype
        np.testing.assert_array_equal(found[name], values)


def test_tensors_may_share_a_storage() -> None:
    found = read_tensors(GOOD)
    np.testing.assert_array_equal(found["w"], [[0, 1, 2], [3, 4, 5]])
    np.testing.assert_array_equal(found["v"], [[1, 3], [2, 4]])
    found["w"][0, 1] = 9  # each is an array of its own
    assert found["v"][0, 0] == 1


class Malicious:
    """Unpickled, it makes a directory."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return os.mkdir, (str(self.path),)


@pytest.mark.parametrize("place", range(5))
def test_a_program_in_the_file_is_not_run(tmp_path: Path, place: int) -> None:
    victim = tmp_path / "victim"
    program = pickle.dumps(Malicious(victim), 2)
    data = torch_file({"w": WHOLE}, STORAGES, parts={place: program})
    with pytest.raises(TorchFormatInvalid, match="which no tensor needs"):
        read_tensors(data)
    assert not victim.exists()
    pickle.loads(program)  # noqa: S301  # the program would have done it
    assert victim.exists()


@pytest.mark.parametrize(
    ("program", "reason"),
    [
        (b"\x80\x02cbuiltins\neval\nX\x01\x00\x00\x001\x85R.", "names 'builtins eval'"),
        (b"\x80\x02cos\nsystem\n.", "names 'os system'"),
        (b"\x80\x02cos\\o\nsystem\n.", "damaged"),  # no escape that Python knows
        (b"\x80\x02ccollections\nOrderedDict\n)\x81.", "instruction NEWOBJ"),
        (b"(Vls\nios\nsystem\n.", "instruction UNICODE"),
        (b"(ios\nsystem\n.", "instruction INST"),
        (b"\x80\x04\x8c\x02os\x8c\x06system\x93.", "instruction SHORT_BINUNICODE"),
        (b"\x80\x02\x82\x01.", "instruction EXT1"),
        (b"\x80\x02ccollections\nOrderedDict\n(K\x01tR.", "calls what no tensor needs"),
        (b"\x80\x02ctorch\nFloatStorage\n)R.", "calls what no tensor needs"),
    ],
)
def test_what_could_run_is_refused_by_name(program: bytes, reason: str) -> None:
    data = torch_file({"w": WHOLE}, STORAGES, parts={3: program})
    with pytest.raises(TorchFormatInvalid, match=reason):
        read_tensors(data)


@pytest.mark.parametrize(
    ("view", "reason"),
    [
        (("a", 0, (7,), (1,)), "beyond its storage"),
        (("a", 1, (6,), (1,)), "beyond its storage"),
        (("a", 0, (2, 2), (5, 1)), "beyond its storage"),
        (("a", 0, (1000, 1000), (0, 0)), "more values than its storage"),
        (("a", -1, (2,), (1,)), "damaged"),
        (("a", 0, (2,), (-1,)), "damaged"),
        (("a", 0, (2, 2), (1,)), "damaged"),
        (("a", 0, (1,) * 9, (1,) * 9), "too many dimensions"),
        (("a", 0, (0, *[2**30] * 3), (1,) * 4), "out of all bounds"),
    ],
)
def test_a_tensor_stays_inside_its_storage(view: Any, reason: str) -> None:
    with pytest.raises(TorchFormatInvalid, match=reason):
        read_tensors(torch_file({"w": view}, STORAGES))


def test_nested_marks_take_no_more_time_than_others() -> None:
    depth = 40_000  # looked for from the bottom of the stack, they would take over a minute
    program = b"\x80\x02" + b"(" * depth + b"t" * depth + b"."
    begun = time.process_time()
    with pytest.raises(TorchFormatInvalid, match="not a dictionary"):
        read_tensors(torch_file({"w": WHOLE}, STORAGES, parts={3: program}))
    assert time.process_time() - begun < 20


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "cut off|damaged"),
        (b"PK\x03\x04rest", "newer format"),
        (plain(1), "not a file that PyTorch saved"),
        (torch_file({}, {}, parts={2: plain({"little_endian": False})}), "little-endian"),
        (torch_file({}, {}, parts={3: plain([])}), "not a dictionary"),
        (torch_file({}, {}, parts={3: b"\x80\x02}X\x01\x00\x00\x00aK\x01s."}), "tensors alone"),
        (torch_file({}, {}, parts={4: b"\x80\x02]X\x01\x00\x00\x00aa."}), "keys of the storages"),
        (GOOD[:-1], "cut off"),
        (GOOD + b"x", "follows the last storage"),
        (
            torch_file({}, STORAGES, parts={3: dictionary({"w": tensor(WHOLE, STORAGES, 7)})}),
            "not the size",
        ),
        (
            torch_file(
                {},
                STORAGES,
                parts={
                    3: dictionary(
                        {
                            "w": tensor(WHOLE, STORAGES),
                            "v": tensor(WHOLE, STORAGES, 5),
                        }
                    )
                },
            ),
            "two ways",
        ),
    ],
)
def test_a_file_that_is_something_else_is_refused(data: bytes, reason: str) -> None:
    with pytest.raises(TorchFormatInvalid, match=reason):
        read_tensors(data)


@given(place=st.integers(0, len(GOOD) - 1), byte=st.integers(0, 255))
@settings(max_examples=500, suppress_health_check=[HealthCheck.too_slow])
def test_no_damage_does_more_than_be_refused(place: int, byte: int) -> None:
    for data in (GOOD[:place], GOOD[:place] + bytes([byte]) + GOOD[place + 1 :]):
        try:
            found = read_tensors(data)
        except TorchFormatInvalid:
            continue
        assert all(values.size <= 6 for values in found.values())
