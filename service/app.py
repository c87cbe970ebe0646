"""The application: everything is put together here, and nothing happens at import."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import orjson
from fastapi import FastAPI
from starlette.middleware import Middleware

from service.body_limit import BodyLimit
from service.crash_guard import CrashGuard
from service.engine import Engine
from service.metrics import Metrics
from service.observer import Observer
from service.openapi import openapi_document
from service.problem import answer_with_problems
from service.request_id import RequestId
from service.routes import router
from service.settings import Settings


def create_app(settings: Settings) -> FastAPI:
    """The app; its lifespan loads the model. There is no `/docs`: it would load scripts from the internet."""
    metrics = Metrics()
    paths = frozenset(route.path for route in router.routes if hasattr(route, "path"))
    app = FastAPI(
        title="Threefold",
        lifespan=_lifespan,
        openapi_url=None,  # ours is built from the loaded model, and has its own route
        redirect_slashes=False,  # a redirect would be the one answer that is no problem document
        middleware=[  # the outermost first
            Middleware(RequestId),
            Middleware(Observer, metrics=metrics, paths=paths),
            Middleware(CrashGuard),
            Middleware(BodyLimit, max_bytes=settings.max_body_bytes, timeout_s=settings.body_timeout_s),
        ],
    )
    app.state.settings = settings
    app.state.metrics = metrics
    app.state.engine = None
    app.include_router(router)
    answer_with_problems(app)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    async with AsyncExitStack() as stack:
        engine = Engine.load(app.state.settings)
        stack.callback(engine.close)
        app.state.description = orjson.dumps(openapi_document(app, engine, app.state.settings))
        app.state.metrics.watch(engine)
        app.state.engine = engine
        yield
