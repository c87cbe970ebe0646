"""From a version in memory to one that serves: compiled, warmed up, tried and described."""

import orjson
from fastapi import FastAPI

from service.engine import Engine
from service.inference_protocol.infer import infer_routes
from service.inference_protocol.served import ServedModel
from service.loaded import Loaded
from service.openapi import openapi_document
from service.swapping.serving import Serving


def made_of(loaded: Loaded, app: FastAPI) -> Serving:
    """All that depends on the version; nothing of the app is changed.

    Raises:
        CheckpointError: it cannot be served as the settings ask.
        Refusal: a prediction is not finite.
    """
    settings = app.state.settings
    engine = Engine.load(settings, loaded, app.state.room)
    protocol = ServedModel(engine, settings)
    description = orjson.dumps(openapi_document(app, protocol, settings))
    return Serving(engine, protocol, description, infer_routes(app, protocol))
