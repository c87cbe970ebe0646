"""What one column of a log looks like, from a sample of its rows."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from models.columns import Bags, Categories, Codes, Numbers
from models.features import CategoricalFeature, MultiCategoricalFeature
from training.data.typed import is_number, numbers, typed

_CATEGORY = CategoricalFeature(name="column", kind="categorical", scope="candidate")
_LIST = MultiCategoricalFeature(name="column", kind="multi_categorical", scope="candidate")


@dataclass(frozen=True)
class ColumnProfile:
    """One column of the sample.

    Attributes:
        name: of the column.
        type: Arrow type in the files.
        values: the sample; empty where the column is refused.
        refused: why training cannot take the column; None where it can.
    """

    name: str
    type: pa.DataType
    values: pa.Array
    refused: str | None = None

    @property
    def is_list(self) -> bool:
        """Whether a row holds a list."""
        return bool(pa.types.is_list(self.type) or pa.types.is_large_list(self.type))

    @property
    def is_text(self) -> bool:
        """Whether a row holds text; what is dictionary-encoded is a category and nothing else, like text."""
        text = pa.types.is_string(self.type) or pa.types.is_large_string(self.type)
        return bool(text or pa.types.is_dictionary(self.type))

    @property
    def is_number(self) -> bool:
        """Whether a row holds a number or a boolean."""
        return is_number(self.type) and not pa.types.is_null(self.type)

    @property
    def is_zero_or_one(self) -> bool:
        """Whether the column holds both 0 and 1, and nothing else but nulls."""
        return self.is_number and np.array_equal(np.unique(self.numbers[self.codes >= 0]), [0, 1])

    @cached_property
    def numbers(self) -> Numbers:
        """Of a column of numbers, [rows]; NaN for null."""
        return numbers(self.values)

    @cached_property
    def codes(self) -> Codes:
        """The number of each row's value among the distinct ones, [rows]; -1 for null and for an empty list.

        Numbers are numbered in ascending order.
        """
        if self.is_number:
            return _numbered(self._exact, ~np.isnan(self.numbers))
        if self.is_list:
            bags = self._bags
            return _numbered(_sums(bags), np.diff(bags.offsets) > 0)
        if self.is_text:
            codes = self._categories.codes
            return _numbered(codes, codes >= 0)
        return np.where(self.values.is_valid().to_numpy(zero_copy_only=False), 0, -1)

    @cached_property
    def num_distinct(self) -> int:
        """Distinct values; for lists, distinct elements."""
        return len(self._bags.values) if self.is_list else int(self.codes.max(initial=-1)) + 1

    @property
    def null_share(self) -> float:
        """Share of rows without a value; an empty list is none."""
        return float((self.codes < 0).mean())

    def texts(self, num_rows: int | None = None) -> set[str]:
        """The distinct categories or list elements of the first rows, as the encoder spells them."""
        if self.is_list:
            bags = self._bags
            last = len(bags) if num_rows is None else min(num_rows, len(bags))
            held = bags.codes[: bags.offsets[last]]
            return {bags.values[code] for code in np.unique(held[held >= 0])}
        categories = self._categories
        return {categories.values[code] for code in np.unique(categories.codes[:num_rows]) if code >= 0}

    @property
    def _exact(self) -> NDArray[np.generic]:
        """Numbers that tell all ids apart, also those above 2**53, [rows]; 0 for a null among integers."""
        if pa.types.is_integer(self.type):
            exact: NDArray[np.generic] = self.values.fill_null(0).to_numpy(zero_copy_only=False)
            return exact
        return self.numbers

    @cached_property
    def _bags(self) -> Bags:
        bags = typed(_LIST, self.values)
        assert isinstance(bags, Bags)
        return bags

    @cached_property
    def _categories(self) -> Categories:
        categories = typed(_CATEGORY, self.values)
        assert isinstance(categories, Categories)
        return categories


def _numbered(values: NDArray[np.generic], held: NDArray[np.bool_]) -> Codes:
    codes = np.full(len(values), -1, dtype=np.int64)
    codes[held] = np.unique(values[held], return_inverse=True)[1]
    return codes


def _sums(bags: Bags) -> NDArray[np.uint64]:
    """A number a row that is the same for the same elements: a random number an element, added up."""
    drawn = np.random.default_rng(0).integers(0, 2**64 - 1, len(bags.values) + 1, dtype=np.uint64)
    drawn[-1] = 0  # of a missing element, whose code is -1
    running = np.concatenate([np.zeros(1, np.uint64), np.cumsum(drawn[bags.codes])])  # wraps around, as a hash may
    sums: NDArray[np.uint64] = running[bags.offsets[1:]] - running[bags.offsets[:-1]]
    return sums
