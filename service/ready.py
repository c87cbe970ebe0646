"""Whether there is a model that serves."""

from fastapi import FastAPI

from service.engine import Engine
from service.refusal import NOT_READY, Refusal
from service.swapping.serving import Serving


def ready_serving(app: FastAPI) -> Serving:
    """The version that serves, with all that is made of it. A request takes it once and keeps it to its end.

    Raises:
        Refusal: there is none yet, or it is stopping.
    """
    serving: Serving | None = app.state.serving
    if serving is None or not serving.engine.ready:
        raise Refusal(NOT_READY, "a model is loaded and warmed up; found none yet, or the service is stopping: wait")
    return serving


def ready_engine(app: FastAPI) -> Engine:
    """The engine that serves.

    Raises:
        Refusal: there is none yet, or it is stopping.
    """
    return ready_serving(app).engine
