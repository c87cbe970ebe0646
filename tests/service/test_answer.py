"""An answer holds the very float32 that were predicted, in either layout."""

import json
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hn
from numpy.typing import NDArray

from models.checkpoint import load_checkpoint
from models.manifest import Manifest
from service.answer import answer
from service.engine import Outcome
from tests.service.tiny import save_tiny


@dataclass
class Predicted:
    fields: tuple[str, ...]
    values: NDArray[np.float32]
    order: NDArray[np.int64] | None


@st.composite
def predicted(draw: st.DrawFn) -> Predicted:
    fields = draw(st.lists(st.text('ab"\\é ', min_size=1), min_size=1, max_size=4, unique=True))
    num_rows = draw(st.integers(1, 5))
    finite = st.floats(width=32, allow_nan=False, allow_infinity=False)
    values = draw(hn.arrays(np.float32, (num_rows, len(fields)), elements=finite))
    order = draw(st.none() | st.permutations(range(num_rows)))
    return Predicted(
        tuple(fields), values, None if order is None else np.array(order[: draw(st.integers(1, num_rows))])
    )


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> Manifest:
    return load_checkpoint(save_tiny(tmp_path_factory.mktemp("answers")))[1]


def outcome(found: Predicted) -> Outcome:
    return Outcome(found.fields, found.values, found.order, {}, {}, {})


@given(found=predicted())
def test_both_layouts_hold_the_same_float32_in_the_right_order(found: Predicted, manifest: Manifest) -> None:
    expected = found.values if found.order is None else found.values[found.order]
    rows = json.loads(answer(manifest, "r", outcome(found)))
    columns = json.loads(answer(manifest, "r", outcome(found), "columns"))
    assert [tuple(row) for row in rows["predictions"]] == [found.fields] * len(expected)
    by_row = np.array([list(row.values()) for row in rows["predictions"]], dtype=np.float32)
    by_column = np.stack([np.array(columns["predictions"][field], np.float32) for field in found.fields], axis=1)
    assert by_row.tobytes() == by_column.tobytes() == np.ascontiguousarray(expected).tobytes()
    for document in (rows, columns):
        index = None if found.order is None else found.order.tolist()
        assert document.get("index") == index
        assert (document["model"], document["request_id"]) == (manifest.name, "r")


def test_a_number_is_written_in_the_shortest_form_that_reads_back(manifest: Manifest) -> None:
    found = Predicted(("x",), np.array([[0.1], [1 / 3], [2.0]], np.float32), None)
    content = answer(manifest, "r", outcome(found))
    assert b'"predictions":[{"x":0.1},{"x":0.33333334},{"x":2.0}]' in content
