"""FastAPI with a way around it for what is asked most."""

from typing import Any

from fastapi import FastAPI
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from service.hot_route import Handler, HotRoute


class Application(FastAPI):
    """Hands hot routes their requests before any middleware sees them; all else is FastAPI's."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._hot: dict[str, HotRoute] = {}

    def add_hot_route(self, path: str, label: str, handle: Handler) -> None:
        """Let POST on exactly this path be answered by the handler; other methods get 405.

        A label that is not the path is a template, of which there is a route: it answers what is not exactly the path.
        """
        self._hot[path] = route = HotRoute(self, label, handle)
        if path == label:
            self.router.routes.append(Route(path, route, methods=["POST"], include_in_schema=False))

    def hot_route(self, path: str) -> HotRoute | None:
        """The hot route of the path, where it has one."""
        return self._hot.get(path)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        hot = self.hot_route(scope["path"]) if scope["type"] == "http" and scope["method"] == "POST" else None
        if hot is not None:
            await hot(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)
