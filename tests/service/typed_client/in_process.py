"""An app in this process, and what the client gets of it."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

import httpx

from service.app import create_app
from service.client import AsyncClient
from service.settings import Settings

T = TypeVar("T")


def ask(checkpoint: Path, call: Callable[[AsyncClient], Awaitable[T]], **settings: Any) -> T:
    """What a client of an app with this checkpoint gets."""

    async def asked() -> T:
        app = create_app(Settings(checkpoint=checkpoint, **settings))
        async with (
            app.router.lifespan_context(app),
            AsyncClient("http://service", transport=httpx.ASGITransport(app)) as client,
        ):
            return await call(client)

    return asyncio.run(asked())
