"""MediaPipe's face mesh, read from TensorFlow Lite, as ONNX.

Input ``chips``: (N, 192, 192, 3) uint8 RGB. Outputs: ``points`` (N, 468, 3) float32 in pixels of
the chip, and ``presence`` (N,) float32, the network's own estimate in 0..1 that a face is there.
The published file takes one chip of 0..1; here the batch is free and the division inside.
"""

import numpy as np
from numpy.typing import NDArray
from onnx import ModelProto, TensorProto, helper

from openfrs.engine.graph import Graph
from openfrs.engine.tflite_format import Fields, Network, Operator, TfliteInvalid

SIDE = 192
POINTS = 468
SAME = 0  # the kind of padding that keeps the side, divided by the stride
NO_ACTIVATION = 0


def face_mesh_model(network: Network) -> ModelProto:
    """The network as a checked model. Raises TfliteInvalid where it is not the face mesh."""
    shapes = [network.tensors[number].shape for number in (*network.inputs, *network.outputs)]
    if shapes != [(1, SIDE, SIDE, 3), (1, 1, 1, 3 * POINTS), (1, 1, 1, 1)]:
        raise TfliteInvalid(f"inputs and outputs {shapes} are not those of the face mesh")
    return _Translation(network).model()


class _Translation:
    """The graph of a network, made operator by operator."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._graph = Graph()
        self._names: dict[int, str] = {}

    def model(self) -> ModelProto:
        pixels = self._graph.add("Cast", "chips", to=TensorProto.FLOAT)
        pixels = self._graph.add("Mul", pixels, self._graph.constant(np.float32(1 / 255)))
        self._names[self._network.inputs[0]] = self._graph.add(
            "Transpose", pixels, perm=[0, 3, 1, 2]
        )
        for operator in self._network.operators:
            self._names[operator.outputs[0]] = self._layer(operator)
        points, presence = (self._names[number] for number in self._network.outputs)
        shape = self._graph.constant(np.array([-1, POINTS, 3], np.int64))
        self._graph.add("Reshape", points, shape, output="points")
        flat = self._graph.constant(np.array([-1], np.int64))
        self._graph.add("Sigmoid", self._graph.add("Reshape", presence, flat), output="presence")
        return self._graph.model(
            "face mesh",
            [helper.make_tensor_value_info("chips", TensorProto.UINT8, ["N", SIDE, SIDE, 3])],
            [
                helper.make_tensor_value_info("points", TensorProto.FLOAT, ["N", POINTS, 3]),
                helper.make_tensor_value_info("presence", TensorProto.FLOAT, ["N"]),
            ],
        )

    def _layer(self, operator: Operator) -> str:
        options = operator.options
        match operator.kind:
            case "DEQUANTIZE":
                return ""  # a constant in half precision: read where it is used
            case "CONV_2D":
                assert options is not None
                weights = self._values(operator.inputs[1]).transpose(0, 3, 1, 2)
                return self._convolution(operator, options, weights, groups=1, activation=3)
            case "DEPTHWISE_CONV_2D":
                assert options is not None
                weights = self._values(operator.inputs[1]).transpose(3, 0, 1, 2)
                groups = self._network.tensors[operator.inputs[0]].shape[3]
                return self._convolution(operator, options, weights, groups=groups, activation=4)
            case "PRELU":
                slope = self._values(operator.inputs[1]).reshape(-1, 1, 1)
                return self._graph.add(
                    "PRelu", self._names[operator.inputs[0]], self._graph.constant(slope)
                )
            case "ADD":
                _plain(options, 0)
                return self._graph.add("Add", *(self._names[number] for number in operator.inputs))
            case "MAX_POOL_2D":
                assert options is not None
                _plain(options, 5)
                window = (options.whole(4), options.whole(3))
                return self._graph.add(
                    "MaxPool",
                    self._names[operator.inputs[0]],
                    kernel_shape=window,
                    strides=[options.whole(2), options.whole(1)],
                    pads=self._pads(operator, window, options),
                )
            case "PAD":
                sides = self._network.tensors[operator.inputs[1]].values
                assert sides is not None
                pads = sides[[0, 3, 1, 2]].T.reshape(-1).astype(np.int64)
                return self._graph.add(
                    "Pad", self._names[operator.inputs[0]], self._graph.constant(pads)
                )
        raise TfliteInvalid(f"the face mesh has no layer {operator.kind}")

    def _convolution(
        self,
        operator: Operator,
        options: Fields,
        weights: NDArray[np.float32],
        *,
        groups: int,
        activation: int,
    ) -> str:
        _plain(options, activation)
        window = weights.shape[2:]
        return self._graph.add(
            "Conv",
            self._names[operator.inputs[0]],
            self._graph.constant(weights),
            self._graph.constant(self._values(operator.inputs[2])),
            kernel_shape=window,
            strides=[options.whole(2), options.whole(1)],
            pads=self._pads(operator, window, options),
            group=groups,
        )

    def _pads(self, operator: Operator, window: tuple[int, ...], options: Fields) -> list[int]:
        """Rows above, columns left, rows below, columns right."""
        if options.byte(0) != SAME:
            return [0, 0, 0, 0]
        given = self._network.tensors[operator.inputs[0]].shape[1:3]
        made = self._network.tensors[operator.outputs[0]].shape[1:3]
        strides = (options.whole(2), options.whole(1))
        missing = [
            max((after - 1) * stride + size - before, 0)
            for before, after, stride, size in zip(given, made, strides, window, strict=True)
        ]
        first = [total // 2 for total in missing]
        return [*first, *(total - half for total, half in zip(missing, first, strict=True))]

    def _values(self, number: int) -> NDArray[np.float32]:
        """A constant of the file, in single precision."""
        producers = {op.outputs[0]: op for op in self._network.operators if op.kind == "DEQUANTIZE"}
        if number in producers:
            number = producers[number].inputs[0]
        values = self._network.tensors[number].values
        if values is None:
            raise TfliteInvalid(f"tensor {number} is no constant")
        return values.astype(np.float32)


def _plain(options: Fields | None, field: int) -> None:
    """Raises TfliteInvalid where the layer ends in an activation: this network's never do."""
    if options is not None and options.byte(field) != NO_ACTIVATION:
        raise TfliteInvalid("the face mesh has no layer with an activation of its own")
