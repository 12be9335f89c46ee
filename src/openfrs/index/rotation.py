"""Templates turned so that each of their numbers says about as much as any other.

Numbers of a template differ in how far they spread; a byte for each would be coarse for the wide
ones and wasted on the narrow ones. A Hadamard matrix mixes the numbers of a group evenly. It turns
and mirrors only: dot products stay what they were. Its entries are plus or minus a power of two,
so it is orthogonal without rounding.
"""

from functools import cache
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Real = TypeVar("Real", np.float32, np.float64)

GREATEST_GROUP = 64
ERROR = 2.0**-24 * GREATEST_GROUP**1.5 * 1.01
"""How far float32 arithmetic can put a turned row beside its true place, for each unit of length.

Each number errs by at most 64 u times the sum of what it adds up, which is at most the length of
its group (Cauchy, Schwarz); 64 numbers make 8 times that.
"""


def turned(rows: NDArray[Real]) -> NDArray[Real]:
    """The rows, (N, D), turned. Where D has no factor of 4, they are left as they are."""
    count, dimension = rows.shape
    group = next(size for size in (GREATEST_GROUP, 16, 4, 1) if dimension % size == 0)
    if group == 1:
        return rows
    # A group takes numbers from all over the template, as neighbours are often alike.
    groups = rows.reshape(count, group, dimension // group).swapaxes(1, 2)
    mixed: NDArray[Real] = groups.reshape(-1, group) @ _hadamard(group).astype(rows.dtype)
    return mixed.reshape(count, dimension)


@cache
def _hadamard(size: int) -> NDArray[np.float64]:
    matrix = np.ones((1, 1))
    while len(matrix) < size:
        matrix = np.block([[matrix, matrix], [matrix, -matrix]])
    matrix /= np.sqrt(size)
    matrix.flags.writeable = False
    return matrix
