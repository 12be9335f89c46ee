"""Files that only claim to be TensorFlow Lite's; the real one is converted on installation."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openfrs.engine.tflite_format import TfliteInvalid, read_tflite


@given(st.binary(max_size=400))
def test_bytes_that_are_no_network_are_refused_as_such(content: bytes) -> None:
    for data in (content, content[:4] + b"TFL3" + content[4:]):
        with pytest.raises(TfliteInvalid):
            read_tflite(data)
