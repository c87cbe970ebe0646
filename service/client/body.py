"""From what a caller has to the bytes of a request."""

import gzip
import json
from collections.abc import Mapping, Sequence
from typing import Any, Literal

Row = Mapping[str, object]
"""Features by name."""
Columns = Mapping[str, Sequence[object]]
"""Values by feature, one for each row."""
Layout = Literal["rows", "columns"]


def json_body(document: Mapping[str, object]) -> bytes:
    """The JSON of a document without the members that are None.

    Arrays and numbers of numpy are written as lists and numbers; NaN is sent as it is, for the service to refuse by
    row and field.
    """
    sent = {name: value for name, value in document.items() if value is not None}
    return json.dumps(sent, ensure_ascii=False, separators=(",", ":"), default=_plain).encode()


def compressed(content: bytes) -> bytes:
    """The content in gzip, at its quickest."""
    return gzip.compress(content, compresslevel=1, mtime=0)


def _plain(value: Any) -> object:
    if isinstance(value, Mapping):
        return dict(value)
    if hasattr(value, "tolist"):
        return value.tolist()
    if isinstance(value, Sequence):
        return list(value)
    raise TypeError(f"a feature is text, a number, a boolean, None or a list of ids; found {type(value).__name__}")
