"""An Arrow answer holds the very float32 that were predicted, for any library of Arrow."""

import numpy as np
import pyarrow as pa
from hypothesis import given

from models.manifest import Manifest
from service.arrow.writer import arrow_answer
from tests.service.test_answer import Predicted, manifest, outcome, predicted

__all__ = ["manifest"]


@given(found=predicted())
def test_a_stream_holds_the_same_float32_in_the_right_order(found: Predicted, manifest: Manifest) -> None:
    table = pa.ipc.open_stream(arrow_answer(manifest, outcome(found))).read_all()
    table.validate(full=True)
    expected = found.values if found.order is None else found.values[found.order]
    index = [] if found.order is None else ["index"]
    assert table.column_names == [*index, *found.fields]
    if found.order is not None:
        assert table["index"].to_pylist() == found.order.tolist()
    columns = [table[field].to_numpy() for field in found.fields]
    assert np.stack(columns, axis=1).tobytes() == np.ascontiguousarray(expected).tobytes()
