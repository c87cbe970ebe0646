"""FastAPI with a way around it for what is asked most."""

from typing import Any

from fastapi import FastAPI
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from service.hot_route import Handler, HotRoute
from service.swapping.serving import Serving


class Application(FastAPI):
    """Hands hot routes their requests before any middleware sees them; all else is FastAPI's."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.state.serving = None
        self._hot: dict[str, HotRoute] = {}

    def add_hot_route(self, path: str, handle: Handler) -> None:
        """Let POST on exactly this path be answered by the handler; other methods get 405."""
        self._hot[path] = route = HotRoute(self, path, handle)
        self.router.routes.append(Route(path, route, methods=["POST"], include_in_schema=False))

    def hot_route(self, path: str) -> HotRoute | None:
        """The hot route of the path, where it has one: always, or because the model served is called so."""
        found = self._hot.get(path)
        if found is None and self.state.serving is not None:
            serving: Serving = self.state.serving
            found = serving.hot.get(path)
        return found

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        hot = self.hot_route(scope["path"]) if scope["type"] == "http" and scope["method"] == "POST" else None
        if hot is not None:
            await hot(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)
