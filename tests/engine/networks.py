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
from openfrs.engine.manifest import HttpsSource, Input, InstalledPack, Manifest, PackFile, Templates

FACE = 32
"""The side of every box the detector answers with, in pixels of its input."""

CHIP = 150
DIMENSION = 6


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
