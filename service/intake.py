"""From an HTTP request to a predict request: media type, body, parse, each within its limit."""

from starlette.requests import Request

from service.engine import Engine
from service.metrics import Metrics
from service.refusal import UNSUPPORTED_MEDIA_TYPE, Refusal
from service.request import PredictRequest


async def accepted(request: Request, engine: Engine, metrics: Metrics) -> PredictRequest:
    """The rows of a request.

    Raises:
        Refusal: for all that can be wrong with it.
    """
    _check_media_type(request)
    with metrics.stage("receive"):
        body = await request.body()
    with metrics.stage("parse"):
        return await engine.read(body)


def _check_media_type(request: Request) -> None:
    media_type, _, parameters = request.headers.get("Content-Type", "").partition(";")
    charset = parameters.lower().replace(" ", "").replace('"', "")
    if media_type.strip().lower() != "application/json" or charset not in {"", "charset=utf-8"}:
        raise Refusal(
            UNSUPPORTED_MEDIA_TYPE,
            "the body is JSON in UTF-8, and its Content-Type says application/json; found another or none: "
            "set the header",
        )
    if request.headers.get("Content-Encoding", "identity") != "identity":
        raise Refusal(UNSUPPORTED_MEDIA_TYPE, "the body is not compressed; found a Content-Encoding: send it plain")
