"""The network rebuilt from its tensors computes what they say."""

from pathlib import Path

import numpy as np
import pytest
from onnx import save

from openfrs.engine.conversions import ConversionFailed, convert, golden_chips
from openfrs.engine.minifasnet_graph import NotMiniFASNet, minifasnet_model
from openfrs.engine.session import Session
from tests.engine import slow_minifasnet
from tests.engine.slow_minifasnet import small_network
from tests.engine.torch_files import saved


@pytest.mark.parametrize("kind", ["plain", "weighs channels"])
def test_the_graph_computes_what_its_layers_compute(tmp_path: Path, kind: str) -> None:
    tensors = small_network(weighs_channels=kind == "weighs channels")
    save(minifasnet_model(tensors), tmp_path / "network.onnx")
    crops = golden_chips(3, 80)
    [found] = Session(tmp_path / "network.onnx").run(crops)
    expected = slow_minifasnet.classes(tensors, crops)
    assert expected.std() > 0.05  # no answer that any network would give
    np.testing.assert_allclose(found, expected, atol=1e-4)


@pytest.mark.parametrize(
    ("name", "values", "reason"),
    [
        ("conv_34.conv_dw.bn.running_var", None, "conv_34.conv_dw.bn.running_var is missing"),
        ("conv1.conv.weight", None, "conv1.conv.weight is missing"),
        ("conv_23.conv.prelu.weight", None, "conv_23.conv.prelu.weight is missing"),
        ("conv_3.model.1.se_module.fc2.weight", None, "fc2.weight is missing"),
        ("conv1.bn.bias", np.zeros(3, np.float32), "conv1.bn does not fit its layer"),
        ("conv1.conv.weight", np.zeros((4, 3), np.float32), "conv1.conv is no convolution"),
        ("hat.weight", np.zeros(3, np.float32), "hat.weight has no place"),
    ],
)
def test_tensors_of_another_network_are_refused(
    name: str, values: np.ndarray[tuple[int, ...], np.dtype[np.float32]] | None, reason: str
) -> None:
    tensors = small_network(weighs_channels=True)
    tensors.pop(f"module.{name}", None)
    if values is not None:
        tensors[f"module.{name}"] = values
    with pytest.raises(NotMiniFASNet, match=reason):
        minifasnet_model(tensors)


def test_the_conversion_makes_a_network_of_a_saved_file(tmp_path: Path) -> None:
    tensors = small_network(weighs_channels=True)
    source, target = tmp_path / "network.pth", tmp_path / "network.onnx"
    source.write_bytes(saved(tensors))
    convert("minifasnet", source, target)
    crops = golden_chips(1, 80)
    np.testing.assert_allclose(
        Session(target).run(crops)[0], slow_minifasnet.classes(tensors, crops), atol=1e-4
    )


def test_a_network_whose_numbers_overflow_is_not_installed(tmp_path: Path) -> None:
    tensors = small_network(weighs_channels=False)
    tensors["module.prob.weight"] = tensors["module.prob.weight"] * np.float32(np.nan)
    (tmp_path / "network.pth").write_bytes(saved(tensors))
    with pytest.raises(ConversionFailed, match="no probabilities"):
        convert("minifasnet", tmp_path / "network.pth", tmp_path / "network.onnx")


def test_a_file_that_is_no_network_is_not_installed(tmp_path: Path) -> None:
    (tmp_path / "network.pth").write_bytes(b"PK\x03\x04")
    with pytest.raises(ConversionFailed, match="newer format"):
        convert("minifasnet", tmp_path / "network.pth", tmp_path / "network.onnx")
