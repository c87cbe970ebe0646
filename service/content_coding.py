"""Compressed bodies, in and out: gzip and deflate, as RFC 9110 section 8.4.1 names them."""

import gzip
import zlib

from service.refusal import BODY_TOO_LARGE, BROKEN_BODY, UNSUPPORTED_MEDIA_TYPE, Refusal

_WINDOW_BITS = {"gzip": 16 + zlib.MAX_WBITS, "x-gzip": 16 + zlib.MAX_WBITS, "deflate": zlib.MAX_WBITS}
_IDENTITY = {"", "identity"}
_LEVEL = 1
"""Predictions hardly get smaller by more effort."""
_SMALLEST = 1_400
"""Bytes that fit into one packet as they are: nothing is gained by less."""


def decompressed(body: bytes, coding: str, max_bytes: int) -> bytes:
    """The body as it was before its Content-Encoding; never more than `max_bytes` of it are made.

    Raises:
        Refusal: the coding is another one, the body is not whole in it, or it unfolds to more bytes.
    """
    name = coding.strip().lower()
    if name in _IDENTITY:
        return body
    if name not in _WINDOW_BITS:
        raise Refusal(
            UNSUPPORTED_MEDIA_TYPE,
            "a compressed body is gzip or deflate, once; found another Content-Encoding: send it plain",
        )
    unfolding = zlib.decompressobj(_WINDOW_BITS[name])
    try:
        plain = unfolding.decompress(body, max_bytes + 1)
    except zlib.error:
        raise _broken(name) from None
    if len(plain) > max_bytes:
        raise Refusal(
            BODY_TOO_LARGE,
            f"a body has at most {max_bytes} bytes, decompressed too; found more: send the rows in parts",
        )
    if not unfolding.eof or unfolding.unused_data:
        raise _broken(name)
    return plain


def chosen_coding(accepted: str) -> str | None:
    """What an answer is compressed by, of what Accept-Encoding names: gzip before deflate; None for nothing."""
    if not accepted:
        return None
    offers = {}
    for offer in accepted.lower().split(","):
        name, _, quality = offer.replace(" ", "").partition(";")
        offers[name] = quality.removeprefix("q=").strip("0.") != "" if quality else True
    return next((name for name in ("gzip", "deflate") if offers.get(name)), None)


def compressed(content: bytes, coding: str | None) -> tuple[bytes, str | None]:
    """The content, compressed where that is worth it, and its Content-Encoding."""
    if coding is None or len(content) < _SMALLEST:
        return content, None
    if coding == "gzip":
        return gzip.compress(content, _LEVEL, mtime=0), coding
    return zlib.compress(content, _LEVEL), coding


def _broken(name: str) -> Refusal:
    return Refusal(BROKEN_BODY, f"the body is {name}, as its Content-Encoding says; found other or half bytes: mend it")
