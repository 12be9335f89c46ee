"""dlib's face recognition network as an ONNX graph with a free batch size.

Input ``chips``: (N, 150, 150, 3) uint8 RGB. Output ``templates``: (N, 128) float32, as dlib gives
them, not of unit length. Mean and scale are applied inside the graph.
"""

from collections.abc import Sequence

import numpy as np
from onnx import ModelProto, TensorProto, helper

from openfrs.engine.dlib_resnet import CHIP_SIDE, DIMENSION, SCALE, Block, Convolution, Resnet
from openfrs.engine.graph import Graph


def resnet_model(resnet: Resnet) -> ModelProto:
    """The network as a checked ONNX model."""
    graph = Graph()
    at = graph.add("Cast", "chips", to=TensorProto.FLOAT)
    at = graph.add("Sub", at, graph.constant(np.array(resnet.mean, dtype=np.float32)))
    at = graph.add("Mul", at, graph.constant(np.array(SCALE, dtype=np.float32)))
    at = graph.add("Transpose", at, perm=[0, 3, 1, 2])
    at = graph.add("Relu", _convolve(graph, at, resnet.stem))
    at = graph.add("MaxPool", at, kernel_shape=[3, 3], strides=[2, 2])
    channels, side = len(resnet.stem.bias), _pooled(_convolved(CHIP_SIDE, resnet.stem), 3)
    for block in resnet.blocks:
        at, channels, side = _residual(graph, at, block, channels, side)
    at = graph.add("Flatten", graph.add("GlobalAveragePool", at), axis=1)
    graph.add("MatMul", at, graph.constant(resnet.embedding), output="templates")
    chips: Sequence[str | int] = ("N", CHIP_SIDE, CHIP_SIDE, 3)
    return graph.model(
        "dlib-resnet",
        [helper.make_tensor_value_info("chips", TensorProto.UINT8, chips)],
        [helper.make_tensor_value_info("templates", TensorProto.FLOAT, ["N", DIMENSION])],
    )


def _residual(
    graph: Graph, at: str, block: Block, channels: int, side: int
) -> tuple[str, int, int]:
    """Adds a block; gives its output's name, channels and side.

    Where the branch and the skip differ in channels or side, dlib fills the smaller one with
    zeros: behind its channels, below its rows, right of its columns.
    """
    branch = graph.add("Relu", _convolve(graph, at, block.first))
    branch = _convolve(graph, branch, block.second)
    branch_shape = (len(block.second.bias), _convolved(side, block.first))
    skip, skip_shape = at, (channels, side)
    if block.halves:
        skip = graph.add("AveragePool", at, kernel_shape=[2, 2], strides=[2, 2])
        skip_shape = (channels, _pooled(side, 2))
    channels, side = map(max, branch_shape, skip_shape)
    total = graph.add(
        "Add",
        _filled(graph, branch, branch_shape, channels, side),
        _filled(graph, skip, skip_shape, channels, side),
    )
    return graph.add("Relu", total), channels, side


def _filled(graph: Graph, at: str, shape: tuple[int, int], channels: int, side: int) -> str:
    if shape == (channels, side):
        return at
    missing = side - shape[1]
    pads = np.array([0, 0, 0, 0, 0, channels - shape[0], missing, missing], dtype=np.int64)
    return graph.add("Pad", at, graph.constant(pads))


def _convolve(graph: Graph, at: str, layer: Convolution) -> str:
    return graph.add(
        "Conv",
        at,
        graph.constant(layer.weights),
        graph.constant(layer.bias),
        strides=[layer.stride] * 2,
        pads=[layer.padding] * 4,
        kernel_shape=layer.weights.shape[2:],
    )


def _convolved(side: int, layer: Convolution) -> int:
    window: int = layer.weights.shape[2]
    return (side + 2 * layer.padding - window) // layer.stride + 1


def _pooled(side: int, window: int) -> int:
    return (side - window) // 2 + 1
