"""dlib's face recognition network, read from its file.

The network and its weights are by Davis E. King, in the public domain (dlib-models). The file
holds the layers from the input on: 29 convolutions ``con_4``, each followed by an ``affine_``
(what batch normalisation becomes after training), and one fully connected ``fc_2`` without bias.
Between them lie flags and empty gradients, which are skipped by looking for the next layer's name.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from openfrs.engine.dlib_format import DlibFormatInvalid, Reader

LOSS = "loss_metric_2"
INPUT = "input_rgb_image_sized"
CHIP_SIDE = 150
DIMENSION = 128
SCALE = 1 / 256
"""What dlib multiplies by after subtracting the mean; it is not in the file."""

STAGES = ((32, 3, False), (64, 4, True), (128, 3, True), (256, 3, True), (256, 1, True))
"""Channels, blocks, and whether the first block halves the picture, in order."""


@dataclass(frozen=True, slots=True)
class Convolution:
    """A convolution with its affine folded in: (out, in, k, k) and (out,) float32."""

    weights: NDArray[np.float32]
    bias: NDArray[np.float32]
    stride: int
    padding: int


@dataclass(frozen=True, slots=True)
class Block:
    """A residual block: two convolutions, and the skip past them."""

    first: Convolution
    second: Convolution

    @property
    def halves(self) -> bool:
        return self.first.stride == 2


@dataclass(frozen=True, slots=True)
class Resnet:
    """The network: ``mean`` is that of R, G, B in 0..255; ``embedding`` is (256, 128) float32."""

    mean: tuple[float, float, float]
    stem: Convolution
    blocks: tuple[Block, ...]
    embedding: NDArray[np.float32]


def read_resnet(data: bytes) -> Resnet:
    """The network in a ``dlib_face_recognition_resnet_model_v1.dat``.

    Raises DlibFormatInvalid where the bytes are anything else, or not all of it.
    """
    reader = Reader(data)
    reader.integer()  # the version of the outermost layer
    if reader.text() != LOSS:
        raise DlibFormatInvalid(f"no valid dlib file: it does not begin with {LOSS}")
    reader.seek_past(INPUT)
    red, green, blue = (reader.number() for _ in range(3))
    if (reader.integer(), reader.integer()) != (CHIP_SIDE, CHIP_SIDE):
        raise DlibFormatInvalid(f"the network does not take chips of {CHIP_SIDE} pixels")
    stem = _convolution(reader, channels=3, filters=32, side=7, stride=2, padding=0)
    blocks = []
    channels = 32
    for filters, count, halving in STAGES:
        for index in range(count):
            blocks.append(_block(reader, channels, filters, halves=halving and index == 0))
            channels = filters
    return Resnet((red, green, blue), stem, tuple(blocks), _embedding(reader, channels))


def _block(reader: Reader, channels: int, filters: int, *, halves: bool) -> Block:
    stride, padding = (2, 0) if halves else (1, 1)
    first = _convolution(reader, channels, filters, side=3, stride=stride, padding=padding)
    second = _convolution(reader, filters, filters, side=3, stride=1, padding=1)
    return Block(first, second)


def _convolution(
    reader: Reader, channels: int, filters: int, side: int, stride: int, padding: int
) -> Convolution:
    reader.seek_past("con_4")
    values = reader.tensor()
    geometry = tuple(reader.integer() for _ in range(7))
    expected = (filters, side, side, stride, stride, padding, padding)
    if geometry != expected or values.size != filters * (channels * side * side + 1):
        raise DlibFormatInvalid(f"not the expected network: a convolution of {geometry}")
    reader.seek_past("affine_")
    affine = reader.tensor()
    if affine.size != 2 * filters:
        raise DlibFormatInvalid("not the expected network: an affine layer of another size")
    gamma, beta = affine[:filters], affine[filters:]
    weights, bias = values[:-filters].reshape(filters, channels, side, side), values[-filters:]
    return Convolution(weights * gamma[:, None, None, None], bias * gamma + beta, stride, padding)


def _embedding(reader: Reader, channels: int) -> NDArray[np.float32]:
    reader.seek_past("fc_2")
    outputs, inputs = reader.integer(), reader.integer()
    values = reader.tensor()
    if (outputs, inputs, values.size) != (DIMENSION, channels, DIMENSION * channels):
        raise DlibFormatInvalid(f"not the expected network: fc of {inputs} to {outputs}")
    return values.reshape(channels, DIMENSION)
