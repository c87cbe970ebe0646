"""A bare echo: what HTTP alone costs. It reads the body and sends as many bytes as an answer has."""

import sys
from collections.abc import Awaitable, Callable
from typing import Any

import uvicorn

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
PORT, ANSWER_BYTES = int(sys.argv[1]), int(sys.argv[2])
BODY = b"x" * ANSWER_BYTES
HEADERS = [(b"content-type", b"text/plain"), (b"content-length", str(ANSWER_BYTES).encode())]


async def app(scope: dict[str, Any], receive: Receive, send: Send) -> None:
    assert scope["type"] == "http"
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
    await send({"type": "http.response.body", "body": BODY})


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=PORT, log_level="warning", access_log=False, lifespan="off")
