"""A context is encoded once: the parts are those of whole rows, bit for bit."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.encoder import Encoder, Fitted
from models.inference.parts import Parts
from models.past.rates import PastRates
from tests.models import rich
from tests.models.test_encoder import same
from tests.models.test_rich_inputs import CONTEXT, ROW
from tests.models.tiny import from_rows

CONFIG = rich.config()
RANDOM = np.random.default_rng(0)
PASTS = tuple(
    PastRates(of, ids, RANDOM.random((len(ids), 3), np.float32))
    for of, ids in ((["tab"], ["home"]), (["user", "item"], ["u1|a", "u2|7"]), (["item"], ["a", "b"]))
)
FITTED = rich.fitted()
ENCODER = Encoder(CONFIG.features, Fitted(FITTED.vocabularies, FITTED.numerics, PASTS), CONFIG.crosses)
PARTS = Parts.of(ENCODER)


@given(ROW, st.lists(ROW, max_size=4), st.sets(st.sampled_from(sorted(f.name for f in CONFIG.features))))
def test_the_parts_are_those_of_whole_rows(asked: dict[str, Any], rows: list[dict[str, Any]], absent: set[str]) -> None:
    given_once = from_rows(CONFIG, [asked])
    context = {name: given_once[name] for name in CONTEXT if name not in absent}
    columns = {
        name: column for name, column in from_rows(CONFIG, rows).items() if name not in CONTEXT and name not in absent
    }
    split = ENCODER.encode_split(columns, len(rows), context)
    whole = ENCODER.encode(columns, len(rows), context)
    assert len(split) == len(rows)
    assert len(split.context) == 1
    assert same(PARTS.joined(split), whole)
    if rows:
        parts = PARTS.split(whole)
        assert same(split.context, parts.context)
        assert same(split.candidates, parts.candidates)


@pytest.mark.parametrize("num_rows", [0, 1, 3])
def test_nothing_is_known_of_absent_features(num_rows: int) -> None:
    split = ENCODER.encode_split({}, num_rows, {})
    assert same(PARTS.joined(split), ENCODER.encode({}, num_rows))
