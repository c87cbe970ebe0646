"""The last resort: an error nobody foresaw becomes a problem document, and its trace goes to the log only."""

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.problem import problem_response


class CrashGuard:
    """Stands inside the request id and the observer, which Starlette's own handler of crashes does not."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        started = False

        async def send_noting(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self.app(scope, receive, send_noting)
        except Exception as error:
            if scope["type"] != "http" or started:
                raise  # half an answer cannot be taken back: the server cuts the connection
            response = problem_response(Request(scope), error)
            await response(scope, receive, send)
