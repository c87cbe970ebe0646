"""Values of a column as arrays, which become Python text only where somebody reads them as text.

A chunk of a log has tens of thousands of distinct ids a column, and a Python object for each of them would cost more
than everything else that is done with the chunk, under the interpreter's lock.
"""

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import overload

import numpy as np
from numpy.typing import NDArray

BYTES_PER_WORD = 8


class LazyTexts(Sequence[str]):
    """Texts that are made all together when the first of them is read."""

    def __init__(self) -> None:
        self._texts: list[str] | None = None

    @property
    def texts(self) -> list[str]:
        """All texts."""
        if self._texts is None:
            self._texts = self._made()
        return self._texts

    @abstractmethod
    def _made(self) -> list[str]: ...

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> list[str]: ...
    def __getitem__(self, index: int | slice) -> str | list[str]:
        """The text or texts at the index."""
        return self.texts[index]

    def __iter__(self) -> Iterator[str]:
        """One text after another."""
        return iter(self.texts)


class Integers(LazyTexts):
    """Whole numbers that stand for their decimal texts.

    Args:
        numbers: int64 [values].
    """

    def __init__(self, numbers: NDArray[np.int64]) -> None:
        super().__init__()
        self.numbers = numbers

    def __len__(self) -> int:
        return len(self.numbers)

    def _made(self) -> list[str]:
        return list(map(str, self.numbers.tolist()))


class Texts(LazyTexts):
    """Texts as bytes in one piece.

    Args:
        data: UTF-8, uint8 [bytes]; other bytes may come before the first text and after the last.
        offsets: where each text begins, and where the last one ends, int64 [values + 1].
    """

    def __init__(self, data: NDArray[np.uint8], offsets: NDArray[np.int64]) -> None:
        super().__init__()
        self.data = data
        self.offsets = offsets

    @classmethod
    def of(cls, texts: Sequence[str]) -> "Texts":
        """From Python texts; half a surrogate pair is kept as three bytes."""
        pieces = [text.encode(errors="surrogatepass") for text in texts]
        lengths = np.fromiter(map(len, pieces), dtype=np.int64, count=len(pieces))
        offsets = np.concatenate(([0], np.cumsum(lengths))).astype(np.int64)
        return cls(np.frombuffer(b"".join(pieces), np.uint8), offsets)

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @property
    def num_bytes(self) -> NDArray[np.int64]:
        """Length of each text, [values]."""
        return np.diff(self.offsets)

    def words(self, chosen: NDArray[np.bool_], num_words: int) -> NDArray[np.uint64]:
        """A key for each chosen text: its length, then its bytes padded with zeros, [chosen, 1 + num_words].

        Equal keys are equal texts. The chosen ones fit in their words.
        """
        lengths = self.num_bytes
        data = self.data[self.offsets[0] : self.offsets[-1]]
        if not chosen.all():
            data, lengths = data[np.repeat(chosen, lengths)], lengths[chosen]
        padded = np.zeros((len(lengths), num_words * BYTES_PER_WORD), np.uint8)
        padded[np.arange(padded.shape[1]) < lengths[:, None]] = data  # row by row, which is how the bytes lie
        return np.concatenate([lengths[:, None].astype(np.uint64), padded.view(np.uint64)], axis=1)

    def _made(self) -> list[str]:
        raw, ends = self.data.tobytes(), self.offsets.tolist()
        return [raw[start:end].decode(errors="surrogatepass") for start, end in pairwise(ends)]
