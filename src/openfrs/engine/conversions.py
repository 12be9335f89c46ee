"""What is done to a model file on installation, and the proof that it came out right.

A conversion runs once, on installation; onnx is imported there and then, so that a server that
has its models never loads it.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from openfrs.engine.manifest import PackError
from openfrs.engine.session import Session

GOLDEN = Path(__file__).parent / "packs" / "golden"


class ConversionFailed(PackError):
    """A file cannot be converted, or the result does not compute what it should."""


def convert(conversion: str, source: Path, target: Path) -> None:
    """Writes the converted and checked model. Raises ConversionFailed."""
    try:
        CONVERSIONS[conversion](source, target)
    except PackError:
        raise
    except Exception as error:  # the readers, onnx, protobuf and the runtime have each their own
        raise ConversionFailed(f"{source.name} cannot be converted: {error}") from error


def dlib_resnet(source: Path, target: Path) -> None:
    """dlib's face recognition network as ONNX, checked against what dlib itself computed."""
    import onnx

    from openfrs.engine.dlib_resnet import read_resnet
    from openfrs.engine.dlib_resnet_graph import resnet_model

    onnx.save_model(resnet_model(read_resnet(source.read_bytes())), target)
    golden = json.loads((GOLDEN / "dlib_resnet.json").read_text(encoding="utf-8"))
    expected = np.array(golden["templates"], dtype=np.float32)
    [templates] = Session(target).run(golden_chips(len(expected)))
    _check(source.name, templates, expected, golden["tolerance"])


def centerface_dynamic(source: Path, target: Path) -> None:
    """CenterFace for pictures of any size, checked against the published graph at its one size."""
    import onnx

    from openfrs.engine.centerface_graph import CHANNELS, dynamic_centerface

    published = onnx.load_model(source)
    onnx.save_model(dynamic_centerface(published), target)
    shape = [d.dim_value for d in published.graph.input[0].type.tensor_type.shape.dim]
    chips = golden_chips(shape[0])[:, : shape[2], : shape[3]]
    pixels = np.ascontiguousarray(chips.transpose(0, 3, 1, 2), dtype=np.float32)
    session = Session(target)
    for found, expected in zip(session.run(pixels), Session(source).run(pixels), strict=True):
        _check(source.name, found, expected, 1e-3)
    other = session.run(np.zeros((1, 3, 64, 96), dtype=np.float32))
    if [o.shape for o in other] != [(1, c, 16, 24) for c in CHANNELS.values()]:
        raise ConversionFailed(f"{source.name} does not take pictures of any size")


def face_mesh(source: Path, target: Path) -> None:
    """MediaPipe's face mesh as ONNX, checked against what LiteRT computed."""
    import onnx

    from openfrs.engine.face_mesh_graph import SIDE, face_mesh_model
    from openfrs.engine.tflite_format import read_tflite

    onnx.save_model(face_mesh_model(read_tflite(source.read_bytes())), target)
    golden = json.loads((GOLDEN / "face_mesh.json").read_text(encoding="utf-8"))
    points, presence = Session(target).run(golden_chips(1, SIDE))
    expected = np.array(golden["points"], dtype=np.float32)
    _check(source.name, points[0], expected, golden["tolerance"])
    _check(source.name, presence, np.array(golden["presence"], np.float32), golden["tolerance"])


def minifasnet(source: Path, target: Path) -> None:
    """MiniFASNet as ONNX, checked against what its layers compute one by one.

    Of a network that is not the published one, only that it gives probabilities is known.
    """
    import onnx

    from openfrs.engine.minifasnet_graph import SIDE, minifasnet_model
    from openfrs.engine.torch_format import read_tensors

    data = source.read_bytes()
    onnx.save_model(minifasnet_model(read_tensors(data)), target)
    [classes] = Session(target).run(golden_chips(3, SIDE))
    if not np.allclose(classes.sum(axis=1), 1, atol=1e-4):
        raise ConversionFailed(f"{source.name}, converted, gives no probabilities")
    golden = json.loads((GOLDEN / "minifasnet.json").read_text(encoding="utf-8"))
    expected = golden["classes"].get(hashlib.sha256(data).hexdigest())
    if expected is not None:
        _check(source.name, classes, np.array(expected, np.float32), golden["tolerance"])


CONVERSIONS: Mapping[str, Callable[[Path, Path], None]] = {
    "dlib-resnet": dlib_resnet,
    "centerface-dynamic": centerface_dynamic,
    "face-mesh": face_mesh,
    "minifasnet": minifasnet,
}


def golden_chips(count: int, side: int = 150) -> NDArray[np.uint8]:
    """Made-up chips, the same everywhere: (count, side, side, 3) uint8.

    Whole numbers only: curved bands of colour, finer from chip to chip. There is no face in them;
    a network's arithmetic does not mind.
    """
    k, y, x, c = np.ogrid[1 : count + 1, 0:side, 0:side, 0:3]
    bands = (k * x * x + (c + 2) * y * y + (k + c) * x * y) // (40 + 30 * c) + 50 * c
    chips: NDArray[np.uint8] = (bands % 256).astype(np.uint8)
    return chips


def _check(
    what: str, found: NDArray[np.float32], expected: NDArray[np.float32], tolerance: float
) -> None:
    if found.shape != expected.shape:
        raise ConversionFailed(f"{what}, converted, gives {found.shape} for {expected.shape}")
    size = max(1.0, float(np.abs(expected).max()))
    difference = float(np.abs(found - expected).max()) / size
    if not difference <= tolerance:  # so put that not-a-number fails as well
        raise ConversionFailed(
            f"{what}, converted, is off its golden outputs by {difference:.2g}; "
            f"{tolerance:.2g} is allowed"
        )
