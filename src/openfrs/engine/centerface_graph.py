"""CenterFace's published ONNX graph, freed of its fixed input size.

The published file declares an input of 10x3x32x32 although every layer takes any size. Its inputs
and outputs are numbered; here they get names. Input ``pixels``: (N, 3, height, width) float32 RGB
in 0..255, sides multiples of 32. Outputs, each at a quarter of the input's sides: ``heatmap``
(N, 1), ``scale`` (N, 2), ``offset`` (N, 2), ``landmarks`` (N, 10).
"""

from onnx import ModelProto, TensorProto, ValueInfoProto, checker, helper

PUBLISHED_INPUT = "input.1"
PUBLISHED_OUTPUTS = {"537": "heatmap", "538": "scale", "539": "offset", "540": "landmarks"}
CHANNELS = {"heatmap": 1, "scale": 2, "offset": 2, "landmarks": 10}
LAYERS = frozenset({"Conv", "ConvTranspose", "BatchNormalization", "Relu", "Add", "Sigmoid"})
"""Layers that take any size; one of another kind would make free sides a guess."""


class NotCenterFace(ValueError):
    """The model is not CenterFace's published graph."""


def dynamic_centerface(published: ModelProto) -> ModelProto:
    """The same network with free batch, height and width, checked. Raises NotCenterFace."""
    weights = {tensor.name for tensor in published.graph.initializer}
    inputs = [value.name for value in published.graph.input if value.name not in weights]
    outputs = [value.name for value in published.graph.output]
    if inputs != [PUBLISHED_INPUT] or outputs != list(PUBLISHED_OUTPUTS):
        raise NotCenterFace(f"inputs {inputs}, outputs {outputs} are not those of CenterFace")
    if strange := {n.op_type for n in published.graph.node} - LAYERS:
        raise NotCenterFace(f"CenterFace has no layer {min(strange)}")
    names = {PUBLISHED_INPUT: "pixels"} | PUBLISHED_OUTPUTS
    nodes = []
    for published_node in published.graph.node:
        node = type(published_node)()
        node.CopyFrom(published_node)
        node.input[:] = [names.get(name, name) for name in node.input]
        node.output[:] = [names.get(name, name) for name in node.output]
        nodes.append(node)
    used = {name for node in nodes for name in node.input}
    model = helper.make_model(
        helper.make_graph(
            nodes,
            "centerface",
            [_value("pixels", ["N", 3, "height", "width"])],
            [
                _value(name, ["N", channels, "quarter_height", "quarter_width"])
                for name, channels in CHANNELS.items()
            ],
            [tensor for tensor in published.graph.initializer if tensor.name in used],
        ),
        opset_imports=list(published.opset_import),
        ir_version=published.ir_version,
        producer_name="openfrs",
    )
    checker.check_model(model)
    return model


def _value(name: str, shape: list[str | int]) -> ValueInfoProto:
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
