"""MiniFASNet as an ONNX graph with a free batch size, built from its tensors alone.

The tensors' names and shapes say how the network is built: V2 and V1SE differ in the numbers of
channels, and in that V1SE weighs the channels of a stage's last unit by squeeze and excitation.
Input ``crops``: (N, 80, 80, 3) uint8 RGB. Output ``classes``: (N, 3) float32, which sum to 1.
Batch normalisation is folded into the layer before it, and the order of colours into the first.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import ModelProto, TensorProto, helper

from openfrs.engine.graph import Graph

SIDE = 80
CLASSES = 3

EPSILON = 1e-5
"""What PyTorch adds to a variance before it divides by its root."""

PREFIX = "module."
"""Before each name, from training on several cards."""

STAGES = (("conv_23", "conv_3"), ("conv_34", "conv_4"), ("conv_45", "conv_5"))
"""A unit that halves the sides, and a row of units with a shortcut around each."""

Array = NDArray[np.float32]
Tensors = Mapping[str, NDArray[Any]]


class NotMiniFASNet(ValueError):
    """The tensors are not those of a MiniFASNet."""


@dataclass(slots=True)
class _Graph(Graph):
    """A graph in the making, and the tensors that have not been used yet."""

    tensors: dict[str, Array] = field(default_factory=dict)

    def take(self, name: str) -> Array:
        """A tensor, which must be used once. Raises NotMiniFASNet."""
        try:
            return self.tensors.pop(name)
        except KeyError:
            raise NotMiniFASNet(f"{name} is missing") from None


def minifasnet_model(tensors: Tensors) -> ModelProto:
    """The network as a checked ONNX model. Raises NotMiniFASNet."""
    graph = _Graph(tensors=_floats(tensors))
    at = graph.add("Cast", "crops", to=TensorProto.FLOAT)
    at = graph.add("Transpose", at, perm=[0, 3, 1, 2])
    first = graph.tensors.get("conv1.conv.weight")
    if first is not None and first.ndim == 4:
        graph.tensors["conv1.conv.weight"] = first[:, ::-1]  # it was trained on BGR
    at = _layer(graph, at, "conv1", stride=2)
    at = _layer(graph, at, "conv2_dw")
    for halving, row in STAGES:
        at = _unit(graph, at, halving, stride=2)
        for name in _units(graph, row):
            at = graph.add("Add", at, _unit(graph, at, name))
    at = _layer(graph, at, "conv_6_sep")
    at = _layer(graph, at, "conv_6_dw", padding=0, activated=False)
    at = graph.add("Flatten", at, axis=1)
    at = graph.add("Add", *_linear(graph, at))
    at = graph.add("MatMul", at, graph.constant(graph.take("prob.weight").T))
    graph.add("Softmax", at, axis=1, output="classes")
    if graph.tensors:
        raise NotMiniFASNet(f"{min(graph.tensors)} has no place in the network")
    return graph.model(
        "minifasnet",
        [helper.make_tensor_value_info("crops", TensorProto.UINT8, ["N", SIDE, SIDE, 3])],
        [helper.make_tensor_value_info("classes", TensorProto.FLOAT, ["N", CLASSES])],
    )


def _floats(tensors: Tensors) -> dict[str, Array]:
    """The tensors under their plain names, without the counters that only training needs."""
    return {
        name.removeprefix(PREFIX): np.asarray(values, np.float32)
        for name, values in tensors.items()
        if not name.endswith(".num_batches_tracked")
    }


def _units(graph: _Graph, row: str) -> list[str]:
    """The names of a row's units, in their order."""
    numbers = {
        int(found[1])
        for name in graph.tensors
        if (found := re.match(rf"{row}\.model\.(\d{{1,3}})\.", name))
    }
    return [f"{row}.model.{number}" for number in sorted(numbers)]


def _unit(graph: _Graph, at: str, name: str, stride: int = 1) -> str:
    """Widens, looks at each channel by itself, narrows; then perhaps weighs the channels."""
    at = _layer(graph, at, f"{name}.conv")
    at = _layer(graph, at, f"{name}.conv_dw", stride=stride)
    at = _layer(graph, at, f"{name}.project", activated=False)
    if f"{name}.se_module.fc1.weight" not in graph.tensors:
        return at
    weights = graph.add("GlobalAveragePool", at)
    for number, kind in ((1, "Relu"), (2, "Sigmoid")):
        part = f"{name}.se_module"
        weights = _convolve(graph, weights, f"{part}.fc{number}", f"{part}.bn{number}")
        weights = graph.add(kind, weights)
    return graph.add("Mul", at, weights)


def _layer(
    graph: _Graph,
    at: str,
    name: str,
    *,
    stride: int = 1,
    padding: int | None = None,
    activated: bool = True,
) -> str:
    """A convolution with its normalisation and, where activated, a slope for what is negative."""
    at = _convolve(graph, at, f"{name}.conv", f"{name}.bn", stride=stride, padding=padding)
    if not activated:
        return at
    slopes = graph.take(f"{name}.prelu.weight")
    return graph.add("PRelu", at, graph.constant(slopes.reshape(-1, 1, 1)))


def _convolve(
    graph: _Graph, at: str, name: str, norm: str, *, stride: int = 1, padding: int | None = None
) -> str:
    """A convolution; one with a single channel a filter looks at each channel by itself."""
    weights = graph.take(f"{name}.weight")
    if weights.ndim != 4:
        raise NotMiniFASNet(f"{name} is no convolution")
    scale, bias = _normalisation(graph, norm, len(weights))
    alone = weights.shape[1] == 1
    window = weights.shape[2]
    return graph.add(
        "Conv",
        at,
        graph.constant(weights * scale.reshape(-1, 1, 1, 1)),
        graph.constant(bias),
        group=len(weights) if alone else 1,
        strides=[stride] * 2,
        pads=[window // 2 if padding is None else padding] * 4,
        kernel_shape=weights.shape[2:],
    )


def _linear(graph: _Graph, at: str) -> tuple[str, str]:
    """The product, and the constant to add to it."""
    weights = graph.take("linear.weight")
    scale, bias = _normalisation(graph, "bn", len(weights))
    product = graph.add("MatMul", at, graph.constant((weights * scale[:, None]).T))
    return product, graph.constant(bias)


def _normalisation(graph: _Graph, name: str, channels: int) -> tuple[Array, Array]:
    """A batch normalisation as the factor and the summand of each channel."""
    gamma, beta, mean, variance = (
        graph.take(f"{name}.{part}") for part in ("weight", "bias", "running_mean", "running_var")
    )
    if {values.shape for values in (gamma, beta, mean, variance)} != {(channels,)}:
        raise NotMiniFASNet(f"{name} does not fit its layer")
    scale = gamma / np.sqrt(variance + np.float32(EPSILON))
    return scale, beta - mean * scale
