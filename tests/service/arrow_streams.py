"""Arrow streams as pyarrow writes them, of every layout that the service reads."""

import io
from typing import Any

import pyarrow as pa

VALUES: dict[str, list[Any]] = {
    "item_id": ["i1", None, "an id longer than twelve bytes", "ü", "", "i3"],
    "tags": [["new", "sale"], None, [], ["unheard of, and long"], ["new"], []],
    "price": [1.5, None, -3.25, 0.0, 7.0, 1e12],
    "age": [1, 2, None, 4, 100, 6],
    "views": [True, False, None, True, False, True],
}


def stream(table: pa.Table, rows_a_batch: int = 4, **options: Any) -> bytes:
    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, table.schema, options=pa.ipc.IpcWriteOptions(**options)) as writer:
        for batch in table.to_batches(max_chunksize=rows_a_batch):
            writer.write_batch(batch)
    return sink.getvalue()


def of_types(**types: pa.DataType) -> pa.Table:
    """The values above, each column as the type given for it."""
    return pa.table({name: pa.array(VALUES[name], kind) for name, kind in types.items()})


def with_metadata(table: pa.Table, **metadata: str) -> pa.Table:
    return table.replace_schema_metadata({f"threefold.{key}": value for key, value in metadata.items()})


CODED = pa.dictionary(pa.int8(), pa.string())
LAYOUTS: dict[str, pa.Table] = {
    **{
        f"age as {kind}": of_types(age=kind)
        for kind in (
            *(pa.int8(), pa.int16(), pa.int32(), pa.int64(), pa.uint8(), pa.uint16(), pa.uint32(), pa.uint64()),
            *(pa.float16(), pa.float32(), pa.float64()),
        )
    },
    **{f"item as {kind}": of_types(item_id=kind) for kind in (pa.string(), pa.large_string(), pa.string_view(), CODED)},
    "item as wide codes": of_types(item_id=pa.dictionary(pa.uint32(), pa.large_string())),
    "views as booleans": of_types(views=pa.bool_()),
    "nulls": pa.table({"age": pa.nulls(6)}),
    **{
        f"tags as {kind}": of_types(tags=kind)
        for kind in (
            *(pa.list_(pa.string()), pa.large_list(pa.string()), pa.list_(pa.large_string())),
            *(pa.list_(pa.string_view()), pa.list_(CODED)),
        )
    },
    "tags of nothing": pa.table({"tags": pa.array([[], None, []], pa.list_(pa.null()))}),
    "tags as whole numbers": pa.table({"tags": pa.array([[1, None], None, [2**62]], pa.list_(pa.int64()))}),
    "everything": of_types(
        item_id=pa.string(), tags=pa.list_(pa.string()), price=pa.float64(), age=pa.int16(), views=pa.bool_()
    ),
}
