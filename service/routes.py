"""The routes. What they do is said elsewhere; here is only where it is found."""

from typing import Any

from fastapi import APIRouter
from prometheus_client import CONTENT_TYPE_LATEST
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from service.answer import answer
from service.engine import Engine
from service.intake import accepted
from service.model_card import ModelCard, model_card
from service.refusal import NOT_READY, Refusal

router = APIRouter()


class Health(BaseModel):
    """The answer of a health check that passed."""

    status: str


_TEXT: dict[int | str, dict[str, Any]] = {200: {"content": {"text/plain": {"schema": {"type": "string"}}}}}


def ready_engine(request: Request) -> Engine:
    """The engine that serves.

    Raises:
        Refusal: there is none yet, or it is stopping.
    """
    engine: Engine | None = request.app.state.engine
    if engine is None or not engine.ready:
        raise Refusal(NOT_READY, "a model is loaded and warmed up; found none yet, or the service is stopping: wait")
    return engine


@router.post("/predict", summary="Predict all tasks for each row", response_class=Response)
async def predict(request: Request) -> Response:
    """Send one context with many candidates, independent instances, or columns."""
    engine, metrics = ready_engine(request), request.app.state.metrics
    with engine.bodies.holding(1):  # until the answer: a body and its columns stay in memory that long
        outcome = await engine.predict(await accepted(request, engine, metrics))
        metrics.observe(outcome)
        with metrics.stage("write"):
            content = answer(engine.manifest, request.state.request_id, outcome.predictions)
    return Response(content, media_type="application/json")


@router.get("/model", summary="The model served", response_class=Response, responses={200: {"model": ModelCard}})
async def model(request: Request) -> Response:
    """Version, features, tasks, metrics of the test window, and limits."""
    card = model_card(ready_engine(request), request.app.state.settings)
    return Response(card.model_dump_json(), media_type="application/json")


@router.get("/livez", summary="Is the process alive")
async def livez() -> Health:
    """Passes as long as the event loop turns; restart the process when it fails."""
    return Health(status="alive")


@router.get("/readyz", summary="Can it predict")
async def readyz(request: Request) -> Health:
    """Passes while a model is loaded and warmed up; send no requests while it fails."""
    ready_engine(request)
    return Health(status="ready")


@router.get("/metrics", summary="Metrics for Prometheus", response_class=Response, responses=_TEXT)
async def metrics(request: Request) -> Response:
    """In Prometheus' text format."""
    return Response(request.app.state.metrics.exposition(), media_type=CONTENT_TYPE_LATEST)


@router.get("/openapi.json", include_in_schema=False)
async def openapi(request: Request) -> Response:
    """The typed description, built when the model was loaded."""
    ready_engine(request)
    return Response(request.app.state.description, media_type="application/json")
