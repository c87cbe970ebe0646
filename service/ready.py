"""Whether there is an engine that serves."""

from fastapi import FastAPI

from service.engine import Engine
from service.refusal import NOT_READY, Refusal


def ready_engine(app: FastAPI) -> Engine:
    """The engine that serves.

    Raises:
        Refusal: there is none yet, or it is stopping.
    """
    engine: Engine | None = app.state.engine
    if engine is None or not engine.ready:
        raise Refusal(NOT_READY, "a model is loaded and warmed up; found none yet, or the service is stopping: wait")
    return engine
