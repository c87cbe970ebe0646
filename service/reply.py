"""What answers a request, before it is any framework's response."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer, whole.

    Attributes:
        content: the body.
        status: of HTTP.
        media_type: of the body.
        headers: beyond Content-Type, Content-Length and the request id.
    """

    content: bytes
    status: int = 200
    media_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)

    def raw_headers(self) -> list[tuple[bytes, bytes]]:
        """All but the request id, as ASGI sends them."""
        return [
            (b"content-type", self.media_type.encode("latin-1")),
            (b"content-length", str(len(self.content)).encode("latin-1")),
            *((name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in self.headers.items()),
        ]
