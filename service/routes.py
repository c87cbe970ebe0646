"""The routes. What they do is said elsewhere; here is only where it is found."""

from typing import Any

from fastapi import APIRouter
from prometheus_client import CONTENT_TYPE_LATEST
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from service.model_card import ModelCard, model_card
from service.ready import ready_engine, ready_serving

router = APIRouter()


class Health(BaseModel):
    """The answer of a health check that passed."""

    status: str


_TEXT: dict[int | str, dict[str, Any]] = {200: {"content": {"text/plain": {"schema": {"type": "string"}}}}}


@router.get("/model", summary="The model served", response_class=Response, responses={200: {"model": ModelCard}})
async def model(request: Request) -> Response:
    """Version, features, tasks, metrics of the test window, and limits."""
    state = request.app.state
    following = state.follower and state.follower.card
    card = model_card(ready_engine(request.app), state.settings, following)
    return Response(card.model_dump_json(), media_type="application/json")


@router.get("/livez", summary="Is the process alive")
async def livez() -> Health:
    """Passes as long as the event loop turns; restart the process when it fails."""
    return Health(status="alive")


@router.get("/readyz", summary="Can it predict")
async def readyz(request: Request) -> Health:
    """Passes while a model is loaded and warmed up; send no requests while it fails."""
    ready_engine(request.app)
    return Health(status="ready")


@router.get("/metrics", summary="Metrics for Prometheus", response_class=Response, responses=_TEXT)
async def metrics(request: Request) -> Response:
    """In Prometheus' text format."""
    return Response(request.app.state.metrics.exposition(), media_type=CONTENT_TYPE_LATEST)


@router.get("/openapi.json", include_in_schema=False)
async def openapi(request: Request) -> Response:
    """The typed description, built when the model was loaded."""
    return Response(ready_serving(request.app).description, media_type="application/json")
