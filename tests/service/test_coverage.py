"""What a request held that the model does not know, counted alike in whole rows and in parts."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from models.inference.parts import Parts
from service.coverage import Coverage
from tests.models import rich
from tests.models.test_rich_inputs import ROW, encoded

ENCODER = rich.encoder()
PARTS = Parts.of(ENCODER)
COVERAGE = Coverage(ENCODER, PARTS)


@given(st.lists(ROW, min_size=1, max_size=4))
def test_a_context_value_counts_once_for_each_row(rows: list[dict[str, Any]]) -> None:
    split = PARTS.split(encoded(rows))
    assert COVERAGE.of(split) == COVERAGE.of(PARTS.joined(split))


def test_unknown_and_missing_are_counted_by_feature() -> None:
    row = {"user": "nobody", "tab": "home", "age": 3.0, "likes": ["new", "a"], "item": "new", "tags": ["a"]}
    known = {**row, "user": "u1", "item": "a", "price": 2.0, "stock": 1.0, "history": ["a"], "last": "b"}
    unknown, missing = COVERAGE.of(encoded([row, known]))
    assert unknown == {"user": 1, "likes": 2, "item": 1}
    assert missing == {"last": 1, "history": 1, "price": 1, "stock": 1}
