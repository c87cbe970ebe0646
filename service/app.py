"""The application: everything is put together here, and nothing happens at import."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import orjson
from fastapi import FastAPI
from starlette.middleware import Middleware

from service.application import Application
from service.body_limit import BodyLimit
from service.crash_guard import CrashGuard
from service.engine import Engine, Loaded
from service.inference_protocol import not_offered
from service.inference_protocol import routes as inference_protocol
from service.inference_protocol.infer import add_infer_routes
from service.inference_protocol.served import ServedModel
from service.metrics import Metrics
from service.observer import Observer
from service.openapi import openapi_document
from service.predict import PATH as PREDICT
from service.predict import predict
from service.problem import answer_with_problems
from service.request_id import RequestId
from service.routes import router
from service.settings import Settings


def create_app(settings: Settings, loaded: Loaded | None = None, metrics: Metrics | None = None) -> FastAPI:
    """The app. There is no `/docs`: it would load scripts from the internet.

    Args:
        settings: of the service.
        loaded: the model; left out, the app's lifespan loads it.
        metrics: where to count; left out, the app has its own.
    """
    metrics = metrics or Metrics()
    paths = frozenset(route.path for route in router.routes if hasattr(route, "path")) | {PREDICT}
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
    app.state.engine = None
    app.add_hot_route(PREDICT, PREDICT, predict)
    app.state.served_model = None
    app.include_router(router)
    app.include_router(inference_protocol.router)
    app.include_router(not_offered.router)
    answer_with_problems(app)
    return app


@asynccontextmanager
async def _lifespan(app: Application) -> AsyncIterator[None]:
    async with AsyncExitStack() as stack:
        engine = Engine.load(app.state.settings, app.state.loaded)
        stack.callback(app.state.metrics.pour)
        stack.callback(engine.close)
        served = ServedModel(engine, app.state.settings)
        app.state.description = orjson.dumps(openapi_document(app, served, app.state.settings))
        add_infer_routes(app, served)
        app.state.metrics.watch(engine)
        app.state.engine = engine
        yield
