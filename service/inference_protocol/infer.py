"""`POST /v2/models/{name}/infer`: tensors in, tensors out."""

from fastapi import FastAPI

from service.application import Application
from service.exchange import Exchange
from service.inference_protocol.binary import HEADER_LENGTH
from service.inference_protocol.paths import INFER, INFER_VERSION
from service.inference_protocol.served import ServedModel
from service.intake import received
from service.ready import ready_engine
from service.reply import Reply


async def infer(app: FastAPI, exchange: Exchange) -> Reply:
    """Predict the rows of the request's tensors; the path names the model that is served."""
    engine, metrics = ready_engine(app), app.state.metrics
    served: ServedModel = app.state.served_model
    with engine.bodies.holding(1):  # until the answer: a body and its columns stay in memory that long
        body = await received(exchange, engine, metrics)
        with metrics.stage("parse"):
            request = served.read(body, exchange.header(HEADER_LENGTH))
        deadline = served.deadline(request, exchange.deadline())
        outcome = await engine.predict(request.rows, deadline, exchange.gone)
        metrics.observe(outcome)
        with metrics.stage("write"):
            return served.reply(request, outcome, exchange.header("Accept-Encoding") or "")


def add_infer_routes(app: Application, served: ServedModel) -> None:
    """Let requests for the model served be answered by `infer`, past all middleware."""
    app.state.served_model = served
    path = f"/v2/models/{served.metadata.name}"
    app.add_hot_route(f"{path}/infer", INFER, infer)
    for version in served.metadata.versions:
        app.add_hot_route(f"{path}/versions/{version}/infer", INFER_VERSION, infer)
