"""`POST /v2/models/{name}/infer`: tensors in, tensors out."""

from collections.abc import Mapping

from fastapi import FastAPI

from service.exchange import Exchange
from service.hot_route import HotRoute
from service.inference_protocol.binary import HEADER_LENGTH
from service.inference_protocol.paths import INFER, INFER_VERSION
from service.inference_protocol.served import ServedModel
from service.intake import received
from service.ready import ready_serving
from service.reply import Reply


async def infer(app: FastAPI, exchange: Exchange) -> Reply:
    """Predict the rows of the request's tensors; the path names the model that is served."""
    serving, metrics = ready_serving(app), app.state.metrics
    engine, served = serving.engine, serving.protocol
    exchange.version = serving.version
    with engine.holding():  # until the answer: a body and its columns stay in memory that long
        body = await received(exchange, engine, metrics)
        with metrics.stage("parse"):
            request = served.read(body, exchange.header(HEADER_LENGTH))
        deadline = served.deadline(request, exchange.deadline())
        outcome = await engine.predict(request.rows, deadline, exchange.gone)
        metrics.observe(outcome)
        with metrics.stage("write"):
            return served.reply(request, outcome, exchange.header("Accept-Encoding") or "")


def infer_routes(app: FastAPI, served: ServedModel) -> Mapping[str, HotRoute]:
    """By path: what answers requests for the model served by `infer`, past all middleware."""
    path = f"/v2/models/{served.metadata.name}"
    versions = (f"{path}/versions/{version}/infer" for version in served.metadata.versions)
    return {f"{path}/infer": HotRoute(app, INFER, infer)} | {
        each: HotRoute(app, INFER_VERSION, infer) for each in versions
    }
