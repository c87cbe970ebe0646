"""A uniform sample of a stream, of bounded size."""

import numpy as np
from numpy.typing import NDArray


class UniformSample:
    """Keeps the values whose random keys are smallest: every subset of the stream is equally likely.

    The same idea as reservoir sampling (Vitter 1985), in a form that takes whole chunks at a time.
    """

    def __init__(self, size: int, seed: int) -> None:
        self._size = size
        self._random = np.random.default_rng(seed)
        self._keys = np.empty(0)
        self.values: NDArray[np.float64] = np.empty(0)

    def add(self, values: NDArray[np.float64]) -> None:
        """Offer more values of the stream."""
        keys = np.concatenate([self._keys, self._random.random(len(values))])
        joined = np.concatenate([self.values, values])
        if len(keys) > self._size:
            kept = np.sort(np.argpartition(keys, self._size)[: self._size])
            keys, joined = keys[kept], joined[kept]
        self._keys, self.values = keys, joined
