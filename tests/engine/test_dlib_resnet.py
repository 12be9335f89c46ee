"""The network with made-up weights: what the graph computes, against a slow obvious version."""

from pathlib import Path

import numpy as np
import onnx
import pytest
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from openfrs.engine.conversions import ConversionFailed, convert, golden_chips
from openfrs.engine.dlib_format import DlibFormatInvalid
from openfrs.engine.dlib_resnet import read_resnet
from openfrs.engine.dlib_resnet_graph import resnet_model
from openfrs.engine.session import Session

Floats = NDArray[np.float64]

BLOCKS = (
    *((32, 32, 1),) * 3,
    *((32, 64, 2), *((64, 64, 1),) * 3),
    *((64, 128, 2), *((128, 128, 1),) * 2),
    *((128, 256, 2), *((256, 256, 1),) * 2),
    (256, 256, 2),
)
"""Channels in, channels out and stride of each residual block's first convolution."""


def integer(value: int) -> bytes:
    length = max(1, (abs(value).bit_length() + 7) // 8)
    return bytes([length | (0x80 if value < 0 else 0)]) + abs(value).to_bytes(length, "little")


def text(value: str) -> bytes:
    return integer(len(value)) + value.encode("ascii")


def tensor(values: NDArray[np.float32]) -> bytes:
    shape = b"".join(integer(side) for side in (values.size, 1, 1, 1))
    return integer(2) + shape + values.astype("<f4").tobytes()


class DlibFile:
    """A file of made-up weights in dlib's format, and the weights, in the order of the file."""

    def __init__(self) -> None:
        self._dice = np.random.default_rng(7)
        self.layers: list[tuple[Floats, ...]] = []
        self.data = integer(1) + text("loss_metric_2") + bytes([1, 0] * 20)
        self.data += text("input_rgb_image_sized")
        for mantissa, exponent in ((120, 0), (469, -2), (104, 0)):
            self.data += integer(mantissa) + integer(exponent)
        self.data += integer(150) + integer(150)
        self._convolution(3, 32, 7, 2, 0)
        for channels, filters, stride in BLOCKS:
            self._convolution(channels, filters, 3, stride, 0 if stride == 2 else 1)
            self._convolution(filters, filters, 3, 1, 1)
        self.embedding = self._values(256 * 128, 0.1)
        self.data += text("fc_2") + integer(128) + integer(256) + tensor(self.embedding)

    def _values(self, count: int, size: float) -> NDArray[np.float32]:
        return self._dice.normal(0, size, count).astype(np.float32)

    def _convolution(self, channels: int, filters: int, side: int, stride: int, pad: int) -> None:
        weights = self._values(filters * channels * side * side, (channels * side * side) ** -0.5)
        bias, beta = self._values(filters, 0.1), self._values(filters, 0.1)
        gamma = 1 + self._values(filters, 0.1)
        self.data += text("con_4") + tensor(np.concatenate([weights, bias]))
        for value in (filters, side, side, stride, stride, pad, pad):
            self.data += integer(value)
        self.data += bytes([1, 0] * 5) + text("relu_110")
        self.data += text("affine_") + tensor(np.concatenate([gamma, beta]))
        shaped = weights.reshape(filters, channels, side, side)
        self.layers.append(tuple(part.astype(np.float64) for part in (shaped, bias, gamma, beta)))


@pytest.fixture(scope="module")
def dlib_file() -> DlibFile:
    return DlibFile()


def con_affine(x: Floats, layer: tuple[Floats, ...], stride: int, pad: int) -> Floats:
    weights, bias, gamma, beta = layer
    padded = np.pad(x, ((0, 0), (pad, pad), (pad, pad)))
    side = weights.shape[2]
    windows = sliding_window_view(padded, (side, side), axis=(1, 2))[:, ::stride, ::stride]
    summed = np.tensordot(weights, windows, axes=([1, 2, 3], [0, 3, 4]))
    return (summed + bias[:, None, None]) * gamma[:, None, None] + beta[:, None, None]


def pooled(x: Floats, window: int, how: str) -> Floats:
    windows = sliding_window_view(x, (window, window), axis=(1, 2))[:, ::2, ::2]
    return np.asarray(getattr(windows, how)(axis=(3, 4)))


def zero_filled_sum(a: Floats, b: Floats) -> Floats:
    total = np.zeros([max(sides) for sides in zip(a.shape, b.shape, strict=True)])
    for part in (a, b):
        channels, rows, columns = part.shape
        total[:channels, :rows, :columns] += part
    return total


def obvious(file: DlibFile, chip: NDArray[np.uint8]) -> Floats:
    """dlib's network as models of the papers draw it, in float64, one chip at a time."""
    x = ((chip - np.array([120, 117.25, 104])) / 256).transpose(2, 0, 1)
    layers = iter(file.layers)
    x = pooled(np.maximum(con_affine(x, next(layers), 2, 0), 0), 3, "max")
    for _, _, stride in BLOCKS:
        branch = np.maximum(con_affine(x, next(layers), stride, 0 if stride == 2 else 1), 0)
        branch = con_affine(branch, next(layers), 1, 1)
        skip = pooled(x, 2, "mean") if stride == 2 else x
        x = np.maximum(zero_filled_sum(branch, skip), 0)
    averaged: Floats = x.mean(axis=(1, 2))
    return np.asarray(averaged @ file.embedding.reshape(256, 128))


def test_the_graph_computes_what_the_file_describes(dlib_file: DlibFile, tmp_path: Path) -> None:
    path = tmp_path / "template.onnx"
    onnx.save_model(resnet_model(read_resnet(dlib_file.data)), path)
    chips = golden_chips(3)
    [templates] = Session(path).run(chips)
    assert templates.shape == (3, 128)
    assert templates.dtype == np.float32
    expected = obvious(dlib_file, chips[1])
    assert np.abs(expected).max() > 0.1
    np.testing.assert_allclose(templates[1], expected, atol=2e-5)
    [alone] = Session(path).run(chips[1:2])
    np.testing.assert_allclose(alone[0], templates[1], atol=2e-5)


def test_the_mean_is_that_of_the_file(dlib_file: DlibFile) -> None:
    assert read_resnet(dlib_file.data).mean == (120.0, 117.25, 104.0)


@pytest.mark.parametrize("share", [0.0, 1e-6, 1e-4, 0.3, 0.9, 0.999999])
def test_a_truncated_file_is_refused(dlib_file: DlibFile, share: float) -> None:
    with pytest.raises(DlibFormatInvalid):
        read_resnet(dlib_file.data[: int(len(dlib_file.data) * share)])


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (text("loss_metric_2"), text("loss_other__2")),
        (text("input_rgb_image_sized"), text("input_rgb_image_other")),
        (integer(150) + integer(150), integer(151) + integer(150)),
        (text("affine_"), text("bn_con_")),
        (integer(32) + integer(7), integer(32) + integer(5)),
        (text("fc_2"), text("fc_3")),
        (text("fc_2") + integer(128), text("fc_2") + integer(127)),
    ],
)
def test_another_network_is_refused(dlib_file: DlibFile, old: bytes, new: bytes) -> None:
    assert old in dlib_file.data
    with pytest.raises(DlibFormatInvalid):
        read_resnet(dlib_file.data.replace(old, new, 1))


def test_other_weights_fail_the_golden_outputs(dlib_file: DlibFile, tmp_path: Path) -> None:
    """Whatever passes the reader must still compute what dlib computed with King's weights."""
    source = tmp_path / "resnet.dat"
    source.write_bytes(dlib_file.data)
    with pytest.raises(ConversionFailed, match="golden outputs"):
        convert("dlib-resnet", source, tmp_path / "template.onnx")
