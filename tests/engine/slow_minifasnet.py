"""MiniFASNet step by step in numpy, in 64 bits: nothing folded, nothing shared with the graph.

Batch normalisation is applied as it stands, colours stay BGR, and the layers are written out in
the order in which the network runs them.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]
Tensors = Mapping[str, NDArray[Any]]


def classes(tensors: Tensors, crops: NDArray[np.uint8]) -> Values:
    """(N, 3): the probabilities for crops (N, 80, 80, 3) RGB."""
    t = {name.removeprefix("module."): values for name, values in tensors.items()}
    x = crops[..., ::-1].transpose(0, 3, 1, 2).astype(np.float64)
    x = layer(t, x, "conv1", 2)
    x = layer(t, x, "conv2_dw", 1)
    x = unit(t, x, "conv_23", 2)
    x = row(t, x, "conv_3")
    x = unit(t, x, "conv_34", 2)
    x = row(t, x, "conv_4")
    x = unit(t, x, "conv_45", 2)
    x = row(t, x, "conv_5")
    x = layer(t, x, "conv_6_sep", 1)
    x = norm(t, convolve(x, t["conv_6_dw.conv.weight"], 1, 0), "conv_6_dw.bn")
    x = x.reshape(len(x), -1) @ t["linear.weight"].T.astype(np.float64)
    x = norm(t, x, "bn") @ t["prob.weight"].T.astype(np.float64)
    powers = np.exp(x - x.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def row(t: Tensors, x: Values, name: str) -> Values:
    number = 0
    while f"{name}.model.{number}.conv.conv.weight" in t:
        x = x + unit(t, x, f"{name}.model.{number}", 1)
        number += 1
    return x


def unit(t: Tensors, x: Values, name: str, stride: int) -> Values:
    x = layer(t, x, f"{name}.conv", 1)
    x = layer(t, x, f"{name}.conv_dw", stride)
    x = norm(t, convolve(x, t[f"{name}.project.conv.weight"], 1, 0), f"{name}.project.bn")
    se = f"{name}.se_module"
    if f"{se}.fc1.weight" in t:
        w = x.mean(axis=(2, 3), keepdims=True)
        w = np.maximum(norm(t, convolve(w, t[f"{se}.fc1.weight"], 1, 0), f"{se}.bn1"), 0)
        w = norm(t, convolve(w, t[f"{se}.fc2.weight"], 1, 0), f"{se}.bn2")
        x = x / (1 + np.exp(-w))
    return x


def layer(t: Tensors, x: Values, name: str, stride: int) -> Values:
    weights = t[f"{name}.conv.weight"]
    x = norm(t, convolve(x, weights, stride, weights.shape[2] // 2), f"{name}.bn")
    slopes = t[f"{name}.prelu.weight"].reshape(1, -1, 1, 1)
    return np.where(x >= 0, x, x * slopes)


def norm(t: Tensors, x: Values, name: str) -> Values:
    shape = (1, -1, *[1] * (x.ndim - 2))
    gamma, beta, mean, variance = (
        t[f"{name}.{part}"].astype(np.float64).reshape(shape)
        for part in ("weight", "bias", "running_mean", "running_var")
    )
    return np.asarray((x - mean) / np.sqrt(variance + 1e-5) * gamma + beta)


def convolve(x: Values, weights: NDArray[Any], stride: int, padding: int) -> Values:
    window = weights.shape[2]
    x = np.pad(x, ((0, 0), (0, 0), (padding,) * 2, (padding,) * 2))
    parts = np.lib.stride_tricks.sliding_window_view(x, (window, window), axis=(2, 3))
    parts = parts[:, :, ::stride, ::stride]
    if weights.shape[1] == 1:  # each channel by itself
        return np.asarray(np.einsum("nchwij,cij->nchw", parts, weights[:, 0]))
    return np.asarray(np.einsum("nchwij,ocij->nohw", parts, weights, optimize=True))


def small_network(*, weighs_channels: bool, seed: int = 0) -> dict[str, NDArray[Any]]:
    """The tensors of a MiniFASNet with few channels."""
    dice = np.random.default_rng(seed)
    tensors: dict[str, NDArray[Any]] = {}

    def weights(name: str, *shape: int) -> None:
        spread = 1 / np.sqrt(np.prod(shape[1:]))
        tensors[f"module.{name}.weight"] = dice.normal(0, spread, shape).astype(np.float32)

    def normed(name: str, channels: int) -> None:
        for part, low, high in (
            ("weight", 0.5, 1.5),
            ("bias", -0.5, 0.5),
            ("running_mean", -0.5, 0.5),
            ("running_var", 0.5, 2.0),
        ):
            values = dice.uniform(low, high, channels).astype(np.float32)
            tensors[f"module.{name}.{part}"] = values
        tensors[f"module.{name}.num_batches_tracked"] = np.array(7, np.int64)

    def layered(name: str, out: int, into: int, window: int, *, activated: bool = True) -> None:
        weights(f"{name}.conv", out, into, window, window)
        normed(f"{name}.bn", out)
        if activated:
            tensors[f"module.{name}.prelu.weight"] = dice.uniform(0, 0.5, out).astype(np.float32)

    def united(name: str, into: int, wide: int, out: int, *, weighed: bool = False) -> None:
        layered(f"{name}.conv", wide, into, 1)
        layered(f"{name}.conv_dw", wide, 1, 3)
        layered(f"{name}.project", out, wide, 1, activated=False)
        if weighed:
            weights(f"{name}.se_module.fc1", 2, out, 1, 1)
            normed(f"{name}.se_module.bn1", 2)
            weights(f"{name}.se_module.fc2", out, 2, 1, 1)
            normed(f"{name}.se_module.bn2", out)

    layered("conv1", 4, 3, 3)
    tensors["module.conv1.bn.running_var"] *= np.float32(128**2)  # pixels run up to 255
    layered("conv2_dw", 4, 1, 3)
    into = 4
    for halving, units, out, count in (("23", "3", 6, 2), ("34", "4", 8, 3), ("45", "5", 8, 1)):
        united(f"conv_{halving}", into, 5, out)
        for number in range(count):
            weighed = weighs_channels and number == count - 1
            united(f"conv_{units}.model.{number}", out, 3 + number, out, weighed=weighed)
        into = out
    layered("conv_6_sep", 16, into, 1)
    layered("conv_6_dw", 16, 1, 5, activated=False)
    weights("linear", 7, 16)
    normed("bn", 7)
    weights("prob", 3, 7)
    return tensors
