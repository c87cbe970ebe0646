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
        self._parts = [(np.empty(0), np.empty(0))]
        self._num_waiting = 0
        self._bound = np.inf

    def add(self, values: NDArray[np.float64]) -> None:
        """Offer more values of the stream."""
        keys = self._random.random(len(values))
        can_stay = keys < self._bound
        self._parts.append((keys[can_stay], values[can_stay]))
        self._num_waiting += len(self._parts[-1][0])
        if self._num_waiting > self._size:
            self._cut()

    @property
    def values(self) -> NDArray[np.float64]:
        """The sample, in the order of the stream."""
        self._cut()
        return self._parts[0][1]

    def _cut(self) -> None:
        keys, values = (np.concatenate(arrays) for arrays in zip(*self._parts, strict=True))
        if len(keys) > self._size:
            kept = np.sort(np.argpartition(keys, self._size)[: self._size])
            keys, values = keys[kept], values[kept]
        self._parts, self._num_waiting = [(keys, values)], 0
        self._bound = float(keys.max()) if len(keys) == self._size else np.inf
