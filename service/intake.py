"""From an HTTP request to the bytes of its body: room, media type, limits, coding."""

from collections.abc import Collection

from service.content_coding import decompressed
from service.engine import Engine
from service.exchange import Exchange
from service.large_bodies import LARGE_BYTES
from service.metrics import Metrics
from service.refusal import UNSUPPORTED_MEDIA_TYPE, Refusal

JSON = "application/json"


async def received(exchange: Exchange, engine: Engine, metrics: Metrics) -> bytes:
    """The body, decompressed; refused before it is read where its rows would hardly find room.

    Raises:
        Overloaded: the queue is full.
        Refusal: for all that can be wrong with a body whose content nobody has looked at.
    """
    engine.check_rows(exchange.announced)
    with metrics.stage("receive"):
        body = await exchange.body()
        coding = exchange.header("Content-Encoding") or ""
        if coding or len(body) > LARGE_BYTES:
            await engine.large_bodies.turn()
        return decompressed(body, coding, exchange.max_body_bytes)


def media_type(exchange: Exchange, accepted: Collection[str]) -> str:
    """The media type of the body, which is one of those accepted.

    Raises:
        Refusal: it is not, or its text is not in UTF-8.
    """
    name, _, parameters = (exchange.header("Content-Type") or "").partition(";")
    charset = parameters.lower().replace(" ", "").replace('"', "")
    found = name.strip().lower()
    if found not in accepted or charset not in {"", "charset=utf-8"}:
        raise Refusal(
            UNSUPPORTED_MEDIA_TYPE,
            f"the Content-Type of the body is {' or '.join(accepted)}, text in UTF-8; found another or none: set the "
            f"header",
        )
    return found
