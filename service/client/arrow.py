"""Tables of Arrow in and out, for many rows at once; pyarrow is imported when the first one is sent."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from service.client.body import Row, json_body

if TYPE_CHECKING:
    import pyarrow as pa

MEDIA_TYPE = "application/vnd.apache.arrow.stream"
_CONTEXT, _OPTIONS = b"threefold.context", b"threefold.options"
"""Keys of the schema's metadata, where the service looks for what is no column."""


def stream_of(table: Any, context: Row | None, options: Mapping[str, object]) -> bytes:
    """The IPC stream of a request.

    Args:
        table: anything that Arrow takes for one: its own table or batch, a data frame of pandas or polars, a dictionary
            of columns.
        context: features that all rows share.
        options: of the answer.

    Raises:
        ImportError: pyarrow is not installed.
    """
    pa = _pyarrow()
    rows = pa.table(table)
    told = {_OPTIONS: json_body(options)} | ({} if context is None else {_CONTEXT: json_body(context)})
    rows = rows.replace_schema_metadata(told)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, rows.schema) as writer:
        writer.write_table(rows)
    content: bytes = sink.getvalue().to_pybytes()
    return content


def table_of(content: bytes) -> "pa.Table":
    """The table of an answer.

    Raises:
        ValueError: it holds none; all errors of Arrow about bytes are of this kind.
    """
    return _pyarrow().ipc.open_stream(content).read_all()


def _pyarrow() -> Any:
    try:
        import pyarrow as pa
        import pyarrow.ipc
    except ImportError:
        raise ImportError('tables are sent by pyarrow: pip install "threefold[client-arrow]"') from None
    return pa
