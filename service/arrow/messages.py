"""The messages of a stream, one after another."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from service.arrow.broken import BrokenStream
from service.arrow.flatbuffer import Table

SCHEMA, DICTIONARY_BATCH, RECORD_BATCH = 1, 2, 3
"""Kinds of header."""
CONTINUATION = 0xFFFFFFFF
_MOST_MESSAGES = 4096
"""Of one stream: each costs time, however small it is."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message: what its header is, the header, and the bytes that the header speaks of."""

    kind: int
    header: Table
    body: memoryview


def messages(stream: bytes) -> Iterator[Message]:
    """The messages up to the end of the stream.

    Raises:
        BrokenStream: where they are cut or too many.
    """
    at, seen = 0, 0
    while at < len(stream):
        if seen == _MOST_MESSAGES:
            raise BrokenStream(f"more than {_MOST_MESSAGES} messages")
        if len(stream) - at < 8:
            raise BrokenStream("a message that is cut off")
        continuation, length = struct.unpack_from("<Ii", stream, at)
        if continuation != CONTINUATION:
            raise BrokenStream("no message where one begins")
        if length == 0:
            return
        start, end = at + 8, at + 8 + length
        if length < 0 or end > len(stream):
            raise BrokenStream("a message that is cut off")
        message = Table.root(stream[start:end])
        num_bytes, header = message.number(3, "<q"), message.table(2)
        if header is None or not 0 <= num_bytes <= len(stream) - end:
            raise BrokenStream("a message that is cut off")
        yield Message(message.number(1, "<B"), header, memoryview(stream)[end : end + num_bytes])
        at, seen = end + num_bytes, seen + 1
