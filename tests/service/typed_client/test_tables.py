"""Tables of Arrow in and out."""

import json
import sys
from pathlib import Path
from typing import Any

import httpx
import pandas as pd
import pyarrow as pa
import pytest

from models.encoder import Encoder
from models.predictor import Predictor
from service.arrow.reader import ArrowReader
from service.body.reader import RequestReader
from service.client import Answer, AsyncClient, Client, RefusedError, UnexpectedAnswerError
from service.client.arrow import MEDIA_TYPE, stream_of
from service.request import PredictRequest
from tests.service.tiny import FIELDS, save_tiny
from tests.service.typed_client.in_process import ask
from tests.service.typed_client.scripted import URL, problem

COLUMNS: dict[str, Any] = {
    "item_id": ["i1", None, "i3"],
    "price": [1.5, None, -2.0],
    "tags": [["new", "sale"], [], None],
}
CONTEXT = {"user_id": 3, "history": ["i1", "i2"]}
SENT = {
    "table": pa.table(COLUMNS),
    "dictionary of columns": COLUMNS,
    "batch": pa.record_batch(COLUMNS),
    "chunks": pa.concat_tables([pa.table(COLUMNS).slice(0, 1), pa.table(COLUMNS).slice(1)]),
    "coded texts": pa.table({**COLUMNS, "item_id": pa.array(COLUMNS["item_id"]).dictionary_encode()}),
    "data frame": pd.DataFrame({**COLUMNS, "price": [1.5, float("nan"), -2.0]}),
}


def encoded(encoder: Encoder, request: PredictRequest) -> Any:
    batch = encoder.encode(request.columns, request.num_rows, request.context)
    return batch.ids.tolist(), {name: bag.tolist() for name, bag in batch.bags.items()}, batch.numerics.tolist()


@pytest.mark.parametrize("context", [None, CONTEXT], ids=["instances", "candidates"])
@pytest.mark.parametrize("sent", SENT)
def test_the_service_reads_the_same_rows_as_from_json(
    predictor: Predictor, sent: str, context: dict[str, Any] | None
) -> None:
    body = {"columns": COLUMNS} if context is None else {"context": context, "candidates": COLUMNS}
    features = predictor.config.features
    expected = RequestReader(features, 10).read(json.dumps({**body, "top_k": 2}).encode())
    found = ArrowReader(features, 10).read(stream_of(SENT[sent], context, {"top_k": 2}))
    assert encoded(predictor.encoder, found) == encoded(predictor.encoder, expected)
    assert (found.num_rows, found.options.top_k) == (3, 2)


@pytest.mark.parametrize("top_k", [None, 2])
def test_tables_and_rows_are_answered_alike(tmp_path: Path, top_k: int | None) -> None:
    checkpoint = save_tiny(tmp_path, "click + conversion")
    question: dict[str, Any] = {"context": CONTEXT} | ({} if top_k is None else {"top_k": top_k})

    async def both(client: AsyncClient) -> tuple[pa.Table, Answer]:
        return (
            await client.predict_table(COLUMNS, **question),
            await client.predict(candidates=COLUMNS, **question),
        )

    table, answer = ask(checkpoint, both)
    index = table["index"].to_pylist() if top_k else None
    assert index == (None if answer.index is None else list(answer.index))
    fields = [name for name in table.column_names if name != "index"]
    assert tuple(fields) == answer.fields == (*FIELDS, "score")
    for field in fields:
        assert table[field].type == pa.float32()
        assert table[field].to_pylist() == pytest.approx(answer[field], rel=1e-6)


def asked(response: httpx.Response) -> pa.Table:
    with Client(URL, transport=httpx.MockTransport(lambda request: response)) as client:
        return client.predict_table(COLUMNS, context=CONTEXT, top_k=1)


def test_the_answer_is_a_table() -> None:
    answer = pa.table({"click": pa.array([0.5], pa.float32()), "index": [2]})
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, answer.schema) as writer:
        writer.write_table(answer)
    content = sink.getvalue().to_pybytes()
    assert asked(httpx.Response(200, content=content, headers={"Content-Type": MEDIA_TYPE})).equals(answer)
    for torn in (b"", content[:40], content[: len(content) // 2], b"<html>a proxy</html>"):
        with pytest.raises(UnexpectedAnswerError):
            asked(httpx.Response(200, content=torn))


def test_a_table_may_be_refused_like_any_request() -> None:
    document = problem(422, "wrong-value", row=1, field="price")
    response = httpx.Response(422, content=json.dumps(document), headers={"Content-Type": "application/problem+json"})
    with pytest.raises(RefusedError) as found:
        asked(response)
    assert (found.value.row, found.value.field) == (1, "price")


def test_without_pyarrow_the_way_out_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(ImportError, match=r'pip install "threefold\[client-arrow\]"'):
        asked(httpx.Response(200))
