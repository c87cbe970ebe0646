"""A tensor of a request, whichever way its elements came."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Elements = NDArray[np.generic]
"""Numbers or booleans, row by row."""


class Tensor(NamedTuple):
    """Elements and their shape.

    Attributes:
        name: of the feature.
        datatype: of the protocol.
        shape: [rows] or [rows, length]; the product is the number of elements.
        elements: an array, or the texts of BYTES; an empty text is a missing one.
        missing: where an element is null, [elements]; None where none is.
    """

    name: str
    datatype: str
    shape: tuple[int, ...]
    elements: Elements | list[str]
    missing: NDArray[np.bool_] | None = None
