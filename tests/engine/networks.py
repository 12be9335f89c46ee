"""Small ONNX networks that stand in for the real ones, with the same inputs and outputs.

The detector sees a face wherever a square of pixels is red: the heat map is the mean of red minus
that of blue, and every box has the side ``face``, with landmarks at fixed places inside.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from onnx import ModelProto, NodeProto, TensorProto, checker, helper, numpy_helper, save

from openfrs.domain.scores import Calibration
from openfrs.engine.align import MEAN_LANDMARKS, MEAN_POINTS
from openfrs.engine.installed_pack import InstalledPack
from openfrs.engine.manifest import HttpsSource, Input, Manifest, PackFile, Templates

FACE = 32
"""The side of every box the detector answers with, in pixels of its input."""

CHIP = 150
DIMENSION = 6
MESH_SIDE = 192
MESH_POINTS = 468
DEPTH = 10.0
"""The z of every point of the stand-in meshes, in pixels of the chip."""


def detector(face: int = FACE) -> ModelProto:
    """Inputs and outputs of engine/centerface_graph.py."""
    places = [value for x, y in MEAN_LANDMARKS for value in (y, x)]
    answers = {
        "scale": [float(np.log(face / 4))] * 2,
        "offset": [0.0, 0.0],
        "landmarks": places,
    }
    weights = np.zeros((1, 3, 1, 1), dtype=np.float32)
    weights[0, 0], weights[0, 2] = 1 / 255, -1 / 255
    constants = [numpy_helper.from_array(weights, "weights")]
    nodes = [
        helper.make_node("AveragePool", ["pixels"], ["small"], kernel_shape=[4, 4], strides=[4, 4]),
        helper.make_node("Conv", ["small", "weights"], ["heatmap"]),
    ]
    for name, values in answers.items():
        filters = np.zeros((len(values), 1, 1, 1), dtype=np.float32)
        constants.append(numpy_helper.from_array(filters, f"{name}_w"))
        constants.append(numpy_helper.from_array(np.array(values, np.float32), f"{name}_b"))
        nodes.append(helper.make_node("Conv", ["heatmap", f"{name}_w", f"{name}_b"], [name]))
    outputs = {"heatmap": 1, "scale": 2, "offset": 2, "landmarks": 10}
    return model(
        nodes,
        constants,
        ("pixels", TensorProto.FLOAT, ["N", 3, "height", "width"]),
        [(name, ["N", channels, "h", "w"]) for name, channels in outputs.items()],
    )


def embedder() -> ModelProto:
    """Means of the left and of the right half of the chip, a colour each: mirroring swaps them."""
    nodes = [
        helper.make_node("Cast", ["chips"], ["floats"], to=TensorProto.FLOAT),
        helper.make_node("Transpose", ["floats"], ["planes"], perm=[0, 3, 1, 2]),
        helper.make_node(
            "AveragePool",
            ["planes"],
            ["halves"],
            kernel_shape=[CHIP, CHIP // 2],
            strides=[CHIP, CHIP // 2],
        ),
        helper.make_node("Flatten", ["halves"], ["templates"], axis=1),
    ]
    return model(
        nodes,
        [],
        ("chips", TensorProto.UINT8, ["N", CHIP, CHIP, 3]),
        [("templates", ["N", DIMENSION])],
    )


def classifier(classes: int, side: int) -> ModelProto:
    """The mean of the input, softly made into classes: the brighter, the higher the class."""
    weights = np.linspace(-1, 1, classes, dtype=np.float32)[None] * 4
    nodes = [
        helper.make_node("ReduceMean", ["images"], ["mean"], axes=[1, 2, 3], keepdims=0),
        helper.make_node("Unsqueeze", ["mean"], ["column"], axes=[1]),
        helper.make_node("MatMul", ["column", "weights"], ["logits"]),
        helper.make_node("Softmax", ["logits"], ["probabilities"], axis=1),
    ]
    return model(
        nodes,
        [numpy_helper.from_array(weights, "weights")],
        ("images", TensorProto.FLOAT, ["N", 3, side, side]),
        [("probabilities", ["N", classes])],
        opset=11,
    )


def mesh() -> ModelProto:
    """A mesh whose landmarks lie where a detector's mean face has them, whatever is there.

    It is the surer that it sees a face, the brighter green and blue are.
    """
    points = np.full((1, MESH_POINTS, 3), DEPTH, dtype=np.float32)
    # The chip is one and a half times as wide as the face's box.
    places = ((MEAN_LANDMARKS - 0.5) / 1.5 + 0.5) * MESH_SIDE - 0.5
    for place, numbers in zip(places, ((33, 133), (362, 263), (4,), (61,), (291,)), strict=True):
        points[0, numbers, :2] = place
    nodes = [
        helper.make_node("Cast", ["chips"], ["floats"], to=TensorProto.FLOAT),
        helper.make_node("ReduceMean", ["floats"], ["mean"], axes=[1, 2, 3], keepdims=0),
        helper.make_node("Div", ["mean", "bright"], ["presence"]),
        helper.make_node("Mul", ["mean", "nothing"], ["zeros"]),
        helper.make_node("Reshape", ["zeros", "column"], ["rows"]),
        helper.make_node("Add", ["rows", "mean_points"], ["points"]),
    ]
    constants = [
        # A face that fills its box with grey of 100 has a presence of a half.
        numpy_helper.from_array(np.array(2 * 100 * 2 / 3 / 1.5**2, np.float32), "bright"),
        numpy_helper.from_array(np.array(0, np.float32), "nothing"),
        numpy_helper.from_array(np.array([-1, 1, 1]), "column"),
        numpy_helper.from_array(points, "mean_points"),
    ]
    return _mesh_model(nodes, constants)


def red_finder() -> ModelProto:
    """A mesh that finds what is red: its middle, and for the odd points, 20 pixels to the right."""
    y, x = np.mgrid[0:MESH_SIDE, 0:MESH_SIDE].reshape(2, -1)
    grid = np.stack([x, y, np.ones_like(x)], axis=1).astype(np.float32)
    steps = np.zeros((1, MESH_POINTS, 2), dtype=np.float32)
    steps[0, 1::2, 0] = 20
    nodes = [
        helper.make_node("Cast", ["chips"], ["floats"], to=TensorProto.FLOAT),
        helper.make_node("Reshape", ["floats", "flat"], ["pixels"]),
        helper.make_node("Gather", ["pixels", "red"], ["reds"], axis=2),
        helper.make_node("MatMul", ["reds", "grid"], ["sums"]),
        helper.make_node("Split", ["sums", "parts"], ["sum", "weight"], axis=1),
        helper.make_node("Max", ["weight", "one"], ["some"]),
        helper.make_node("Div", ["sum", "some"], ["middle"]),
        helper.make_node("Unsqueeze", ["middle", "axis"], ["row"]),
        helper.make_node("Add", ["row", "steps"], ["places"]),
        helper.make_node("Mul", ["places", "nothing"], ["zeros"]),
        helper.make_node("Slice", ["zeros", "first", "second", "last"], ["zero"]),
        helper.make_node("Add", ["zero", "depth"], ["depths"]),
        helper.make_node("Concat", ["places", "depths"], ["points"], axis=2),
        helper.make_node("ReduceMean", ["reds"], ["presence"], axes=[1], keepdims=0),
    ]
    constants = [
        numpy_helper.from_array(np.array([0, MESH_SIDE**2, 3]), "flat"),
        numpy_helper.from_array(np.array(0), "red"),
        numpy_helper.from_array(grid, "grid"),
        numpy_helper.from_array(np.array([2, 1]), "parts"),
        numpy_helper.from_array(np.array(1, np.float32), "one"),
        numpy_helper.from_array(np.array([1]), "axis"),
        numpy_helper.from_array(steps, "steps"),
        numpy_helper.from_array(np.array(0, np.float32), "nothing"),
        numpy_helper.from_array(np.array([0]), "first"),
        numpy_helper.from_array(np.array([1]), "second"),
        numpy_helper.from_array(np.array([2]), "last"),
        numpy_helper.from_array(np.array(DEPTH, np.float32), "depth"),
    ]
    return _mesh_model(nodes, constants)


def _mesh_model(nodes: Sequence[NodeProto], constants: Sequence[TensorProto]) -> ModelProto:
    """Inputs and outputs of engine/face_mesh_graph.py."""
    return model(
        nodes,
        constants,
        ("chips", TensorProto.UINT8, ["N", MESH_SIDE, MESH_SIDE, 3]),
        [("points", ["N", MESH_POINTS, 3]), ("presence", ["N"])],
    )


def model(
    nodes: Sequence[NodeProto],
    constants: Sequence[TensorProto],
    takes: tuple[str, int, Sequence[str | int]],
    gives: Sequence[tuple[str, Sequence[str | int]]],
    opset: int = 17,
) -> ModelProto:
    name, kind, shape = takes
    made = helper.make_model(
        helper.make_graph(
            nodes,
            "stand-in",
            [helper.make_tensor_value_info(name, kind, shape)],
            [helper.make_tensor_value_info(n, TensorProto.FLOAT, s) for n, s in gives],
            constants,
        ),
        opset_imports=[helper.make_opsetid("", opset)],
        ir_version=8,
    )
    checker.check_model(made)
    return made


def live_network(score: float) -> ModelProto:
    """Says of every crop that it is live with that probability."""
    rest = (1 - score) / 2
    nodes = [
        helper.make_node("Cast", ["crops"], ["floats"], to=TensorProto.FLOAT),
        helper.make_node("ReduceMean", ["floats"], ["mean"], axes=[1, 2, 3], keepdims=0),
        helper.make_node("Unsqueeze", ["mean", "one"], ["column"]),
        helper.make_node("MatMul", ["column", "nothing"], ["zeros"]),
        helper.make_node("Add", ["zeros", "answer"], ["classes"]),
    ]
    return model(
        nodes,
        [
            numpy_helper.from_array(np.array([1], np.int64), "one"),
            numpy_helper.from_array(np.zeros((1, 3), np.float32), "nothing"),
            numpy_helper.from_array(np.array([rest, score, rest], np.float32), "answer"),
        ],
        ("crops", TensorProto.UINT8, ["N", 80, 80, 3]),
        [("classes", ["N", 3])],
    )


def liveness_pack(directory: Path, near: float, wide: float) -> InstalledPack:
    """A liveness pack whose networks give these scores."""
    files = []
    for role, family, score in (
        ("live_near", "minifasnet-2.7", near),
        ("live_wide", "minifasnet-4.0", wide),
    ):
        save(live_network(score), directory / f"{role}.onnx")
        files.append(file(role, family, f"{role}.onnx"))
    manifest = Manifest(
        name="stand-in-liveness",
        version=1,
        title="Stand-ins",
        licence="none",
        files=tuple(files),
        templates=None,
    )
    return InstalledPack(manifest, directory)


def pack(directory: Path, *, without: frozenset[str] = frozenset()) -> InstalledPack:
    """A pack of stand-ins for all roles but those left out, in a directory."""
    models = {
        "detector": ("centerface", detector()),
        "template": ("dlib-resnet", embedder()),
        "age": ("dlib-age", classifier(81, 64)),
        "gender": ("dlib-gender", classifier(2, 32)),
    }
    files = []
    for role, (family, network) in models.items():
        if role not in without:
            save(network, directory / f"{role}.onnx")
            files.append(file(role, family, f"{role}.onnx"))
    if "five_points" not in without:
        (directory / "five_points.dat").write_bytes(still_predictor())
        files.append(file("five_points", "dlib-shape-predictor", "five_points.dat"))
    manifest = Manifest(
        name="stand-in",
        version=7,
        title="Stand-ins",
        licence="none",
        files=tuple(files),
        templates=Templates(
            dimension=DIMENSION,
            calibration=Calibration(((-1, 0), (0.5, 0.93), (1, 1))),
            calibration_report="",
        ),
    )
    return InstalledPack(manifest, directory)


def file(role: str, family: str, name: str) -> PackFile:
    side = {"age": 64, "gender": 32}.get(role)
    return PackFile(
        role=role,
        family=family,
        name=name,
        source=HttpsSource(f"https://example.org/{name}"),
        sha256="",
        size=0,
        licence="none",
        author="nobody",
        url="https://example.org",
        conversion=None,
        input=Input(side, side, "RGB", "NCHW", "float32", (127.5,) * 3, 1 / 127.5),
    )


def still_predictor() -> bytes:
    """dlib's file of a predictor that answers with the mean points, whatever it sees."""

    def number(value: int) -> bytes:
        size = max(1, (abs(value).bit_length() + 7) // 8)
        sign = 0x80 if value < 0 else 0
        return bytes([size | sign]) + abs(value).to_bytes(size, "little")

    def column(values: Iterable[float]) -> bytes:
        numbers = b"".join(number(round(v * 2**20)) + number(-20) for v in values)
        return number(-10) + number(-1) + numbers

    mean = column(MEAN_POINTS.ravel().tolist())
    split = number(0) * 4
    tree = number(1) + split + number(2) + column([0.0] * 10) * 2
    anchors = number(1) + number(1) + number(0)
    deltas = number(1) + number(1) + number(0) * 4
    return number(1) + mean + number(1) + number(1) + tree + anchors + deltas
