"""The change to CenterFace's graph, on a made-up one of the same outline."""

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import ModelProto, TensorProto, helper, numpy_helper

from openfrs.engine.centerface_graph import (
    CHANNELS,
    PUBLISHED_OUTPUTS,
    NotCenterFace,
    dynamic_centerface,
)
from openfrs.engine.conversions import ConversionFailed, convert
from openfrs.engine.session import Session


def published(*, last: str = "Relu") -> ModelProto:
    """Four heads on one convolution of stride 4; fixed sizes, weights among inputs, as it is."""
    dice = np.random.default_rng(3)

    def weights(name: str, *shape: int) -> TensorProto:
        return numpy_helper.from_array(dice.normal(size=shape).astype(np.float32), name)

    tensors = [weights("stem", 4, 3, 4, 4), weights("unused", 1)]
    nodes = [helper.make_node("Conv", ["input.1", "stem"], ["body"], strides=[4, 4])]
    outputs = []
    for number, name in PUBLISHED_OUTPUTS.items():
        tensors.append(weights(f"head.{name}", CHANNELS[name], 4, 1, 1))
        nodes.append(helper.make_node("Conv", ["body", f"head.{name}"], [f"raw.{number}"]))
        nodes.append(helper.make_node(last, [f"raw.{number}"], [number]))
        shape = [10, CHANNELS[name], 8, 8]
        outputs.append(helper.make_tensor_value_info(number, TensorProto.FLOAT, shape))
    inputs = [helper.make_tensor_value_info("input.1", TensorProto.FLOAT, [10, 3, 32, 32])]
    inputs += [helper.make_tensor_value_info(t.name, t.data_type, list(t.dims)) for t in tensors]
    graph = helper.make_graph(nodes, "published", inputs, outputs, tensors)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 9)], ir_version=4)


def saved(model: ModelProto, path: Path) -> Path:
    onnx.save_model(model, path)
    return path


def test_the_graph_takes_any_size_and_names_its_outputs(tmp_path: Path) -> None:
    model = dynamic_centerface(published())
    assert [value.name for value in model.graph.input] == ["pixels"]
    assert [value.name for value in model.graph.output] == list(CHANNELS)
    assert "unused" not in [tensor.name for tensor in model.graph.initializer]
    session = Session(saved(model, tmp_path / "detector.onnx"))
    for batch, height, width in ((1, 32, 32), (2, 64, 96), (1, 160, 32)):
        found = session.run(np.zeros((batch, 3, height, width), dtype=np.float32))
        expected = [(batch, c, height // 4, width // 4) for c in CHANNELS.values()]
        assert [output.shape for output in found] == expected


def test_the_conversion_keeps_what_the_graph_computes(tmp_path: Path) -> None:
    source = saved(published(), tmp_path / "centerface.onnx")
    convert("centerface-dynamic", source, tmp_path / "detector.onnx")
    pixels = np.random.default_rng(5).uniform(0, 255, (10, 3, 32, 32)).astype(np.float32)
    before, after = Session(source).run(pixels), Session(tmp_path / "detector.onnx").run(pixels)
    for a, b in zip(before, after, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-2)  # of up to thousands


def test_the_published_model_is_not_changed() -> None:
    model = published()
    before = model.SerializeToString()
    dynamic_centerface(model)
    assert model.SerializeToString() == before


def test_another_graph_is_refused() -> None:
    strange = published(last="Softmax")
    with pytest.raises(NotCenterFace, match="Softmax"):
        dynamic_centerface(strange)
    renamed = published()
    renamed.graph.output[0].name = "heat"
    with pytest.raises(NotCenterFace, match="heat"):
        dynamic_centerface(renamed)


def test_bytes_that_are_no_onnx_cannot_be_converted(tmp_path: Path) -> None:
    source = tmp_path / "centerface.onnx"
    source.write_bytes(b"\xff\xfe no model")
    with pytest.raises(ConversionFailed, match=r"centerface\.onnx cannot be converted"):
        convert("centerface-dynamic", source, tmp_path / "detector.onnx")
