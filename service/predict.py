"""`POST /predict`: rows in, predictions of all tasks out."""

from fastapi import FastAPI

from service.answer import answer
from service.arrow.accept import wants_arrow
from service.arrow.reader import ARROW
from service.arrow.writer import arrow_answer
from service.exchange import Exchange
from service.intake import JSON, media_type, received
from service.ready import ready_engine
from service.reply import Reply

PATH = "/predict"


async def predict(app: FastAPI, exchange: Exchange) -> Reply:
    """One context with many candidates, independent instances, or columns."""
    engine, metrics = ready_engine(app), app.state.metrics
    exchange.version = engine.manifest.version
    with engine.holding():  # until the answer: a body and its columns stay in memory that long
        arrow = media_type(exchange, (JSON, ARROW)) == ARROW
        body = await received(exchange, engine, metrics)
        with metrics.stage("parse"):
            request = engine.read(body, arrow=arrow)
        outcome = await engine.predict(request, exchange.deadline(), exchange.gone)
        metrics.observe(outcome)
        with metrics.stage("write"):
            if wants_arrow(exchange.header("Accept")):
                return Reply(arrow_answer(engine.manifest, outcome), media_type=ARROW)
            return Reply(answer(engine.manifest, exchange.request_id, outcome, request.options.layout))
