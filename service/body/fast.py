"""The fast way through a JSON body: decoded by the loaded schema, checked while it is decoded.

What it cannot take, `service.body.careful` reads: other spellings of a value (7.0 for the id 7, a boolean) and all that
is wrong, for which it finds the words. Both take and refuse the same bodies and encode them alike, which
tests/service/test_two_readers.py proves.
"""

from collections.abc import Callable, Sequence
from itertools import chain
from typing import Any

import msgspec
import numpy as np

from models.columns import Column, SentBags, SentCategories, bags
from models.features import CategoricalFeature, Feature, MultiCategoricalFeature
from service.body.schema import body_of, named
from service.request import AnswerOptions, PredictRequest

MakeColumn = Callable[[Sequence[Any]], Column]


class FastReader:
    """Reads JSON bodies for a model with these features.

    Args:
        features: of the model.
        max_rows: of one request.
    """

    def __init__(self, features: Sequence[Feature], max_rows: int) -> None:
        self._max_rows = max_rows
        self._decode = msgspec.json.Decoder(body_of(tuple(features))).decode
        self._context, self._candidate, self._instance = (
            [(feature.name, _column_maker(feature)) for feature in named(features, scope)]
            for scope in ("context", "candidate", None)
        )

    def read(self, body: bytes) -> PredictRequest | None:
        """The typed columns of a body; None where somebody else has to read it."""
        try:
            sent = self._decode(body)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return None
        if sent.context is None:
            if sent.candidates is not None or (sent.instances is None) == (sent.columns is None):
                return None
            given, makers = sent.instances if sent.columns is None else sent.columns, self._instance
        elif sent.candidates is None or sent.instances is not None or sent.columns is not None:
            return None
        else:
            given, makers = sent.candidates, self._candidate
        if isinstance(given, list) and len(given) > self._max_rows:
            return None
        table = _of_rows(given, makers) if isinstance(given, list) else _of_columns(given, makers)
        if table is None or not 0 < table[1] <= self._max_rows:
            return None
        context = None if sent.context is None else _of_rows([sent.context], self._context)
        return PredictRequest(*table, None if context is None else context[0], AnswerOptions(sent.layout, sent.top_k))


def _of_rows(rows: list[Any], makers: list[tuple[str, MakeColumn]]) -> tuple[dict[str, Column], int]:
    """The columns of rows, and how many rows they are."""
    values = zip(*map(msgspec.structs.astuple, rows), strict=True)
    return {name: make(column) for (name, make), column in zip(makers, values, strict=False)}, len(rows)


def _of_columns(sent: Any, makers: list[tuple[str, MakeColumn]]) -> tuple[dict[str, Column], int] | None:
    """The columns that were sent, and how many rows they are; None where they do not agree."""
    values = msgspec.structs.astuple(sent)
    lengths = {len(column) for column in values if column is not msgspec.UNSET}
    if len(lengths) != 1:
        return None
    columns = {
        name: make(column) for (name, make), column in zip(makers, values, strict=True) if column is not msgspec.UNSET
    }
    return columns, lengths.pop()


def _column_maker(feature: Feature) -> MakeColumn:
    if isinstance(feature, CategoricalFeature):
        return SentCategories
    if isinstance(feature, MultiCategoricalFeature):
        if feature.separator is None:
            return _lists
        return lambda values: bags(feature.name, values, feature.separator)
    return _numbers


def _numbers(values: Sequence[float | None]) -> Column:
    return np.array(values, np.float64)  # None becomes NaN


def _lists(values: Sequence[Sequence[str | int] | None]) -> Column:
    lists = [each or () for each in values]
    return SentBags(list(chain.from_iterable(lists)), lists)
