"""Which model a path names, checked before its route does anything."""

from typing import Annotated

from fastapi import Depends, Path
from starlette.requests import Request

from service.inference_protocol.served import ServedModel
from service.ready import ready_serving

Name = Annotated[str, Path(description="Of the model, as `GET /model` says it.")]
Version = Annotated[str, Path(description="Of the model, as `GET /model` says it.")]


def served_model(request: Request) -> ServedModel:
    """The model that is served.

    Raises:
        Refusal: there is none yet, or it is stopping.
    """
    return ready_serving(request.app).protocol


Served = Annotated[ServedModel, Depends(served_model)]


def _named(name: Name, served: Served) -> ServedModel:
    served.check_name(name, None)
    return served


def _with_version(name: Name, version: Version, served: Served) -> ServedModel:
    served.check_name(name, version)
    return served


NamedModel = Annotated[ServedModel, Depends(_named)]
NamedVersion = Annotated[ServedModel, Depends(_with_version)]
