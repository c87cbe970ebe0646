"""The application: everything is put together here, and nothing happens at import."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from fastapi import FastAPI
from starlette.middleware import Middleware

from service.application import Application
from service.body_limit import BodyLimit
from service.crash_guard import CrashGuard
from service.inference_protocol import not_offered
from service.inference_protocol import routes as inference_protocol
from service.loaded import Loaded
from service.metrics import Metrics
from service.observer import Observer
from service.predict import PATH as PREDICT
from service.predict import predict
from service.problem import answer_with_problems
from service.request_id import RequestId
from service.room import Room
from service.routes import router
from service.settings import Settings
from service.swapping import admin
from service.swapping.channel import Channel
from service.swapping.company import Alone, Company
from service.swapping.first import first_loaded
from service.swapping.follower import Follower
from service.swapping.making import made_of
from service.swapping.metrics import SwapMetrics
from service.swapping.paths import RELOAD
from service.tracing import new_metrics


def create_app(
    settings: Settings, loaded: Loaded | None = None, metrics: Metrics | None = None, company: Company | None = None
) -> FastAPI:
    """The app. There is no `/docs`: it would load scripts from the internet.

    Args:
        settings: of the service.
        loaded: the version to begin with; left out, the app's lifespan loads it.
        metrics: where to count; left out, the app has its own.
        company: other processes that follow the same channel; left out, there are none.
    """
    metrics = metrics or new_metrics()
    paths = frozenset(route.path for route in router.routes if hasattr(route, "path")) | {PREDICT, RELOAD}
    app = Application(
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
    app.state.loaded = loaded
    app.state.metrics = metrics
    app.state.room = Room(settings)
    app.state.swaps = SwapMetrics(metrics.registry)
    app.state.company = company or Alone()
    app.state.follower = None
    app.state.described = None
    app.add_hot_route(PREDICT, predict)
    app.include_router(router)
    app.include_router(admin.router)
    app.include_router(inference_protocol.router)
    app.include_router(not_offered.router)
    answer_with_problems(app)
    return app


@asynccontextmanager
async def _lifespan(app: Application) -> AsyncIterator[None]:
    state = app.state
    async with AsyncExitStack() as stack:
        stack.callback(state.metrics.close)
        stack.callback(_close, app)
        _begin(app)
        if state.settings.registry is not None:
            channel = Channel(state.settings.registry, state.settings.channel)
            state.follower = Follower(app, channel, state.swaps, state.company)
            stack.push_async_callback(state.follower.stop)
            await state.follower.start()
        yield


def _begin(app: Application) -> None:
    """Serve the version to begin with; nothing else may hold it, so that it is freed when it is swapped out."""
    state = app.state
    loaded, state.loaded = state.loaded or first_loaded(state.settings), None
    if loaded is not None:
        state.serving = made_of(loaded, app)
        state.metrics.watch(state.serving.engine)
        state.company.serves(state.serving.version)


def _close(app: Application) -> None:
    if app.state.serving is not None:
        app.state.serving.engine.close()
