"""The routes of the protocol, and of its extensions for statistics, configuration and the repository's index."""

from fastapi import APIRouter
from starlette.requests import Request

from service.inference_protocol.configuration import ModelConfiguration
from service.inference_protocol.metadata import (
    IndexEntry,
    ModelMetadata,
    ModelReady,
    ServerLive,
    ServerMetadata,
    ServerReady,
    server_metadata,
)
from service.inference_protocol.named import NamedModel, NamedVersion, Served
from service.inference_protocol.paths import ANSWERING, INFER, INFER_VERSION, MODEL, VERSION
from service.inference_protocol.served import ServedModel
from service.inference_protocol.statistics import Statistics, statistics

router = APIRouter(tags=["Open Inference Protocol"])


@router.get("/v2", summary="The server")
async def server() -> ServerMetadata:
    """Name, version and the extensions offered."""
    return server_metadata()


@router.get("/v2/health/live", summary="Is the server alive")
async def server_live() -> ServerLive:
    """Passes as long as the process turns."""
    return ServerLive()


@router.get("/v2/health/ready", summary="Is the server ready")
async def server_ready(served: Served) -> ServerReady:
    """Passes while the model is loaded and warmed up."""
    return ServerReady()


@router.post("/v2/repository/index", summary="The models of the repository")
async def repository_index(served: Served) -> tuple[IndexEntry, ...]:
    """The one model that is served; a body is not read."""
    manifest = served.engine.manifest
    return (IndexEntry(name=manifest.name, version=manifest.version),)


@router.get("/v2/models/stats", summary="Statistics of all models")
async def all_statistics(request: Request, served: Served) -> Statistics:
    """Of the one model that is served."""
    return _statistics(request, served)


@router.get(f"{MODEL}/stats", summary="Statistics of the model")
async def model_statistics(request: Request, served: NamedModel) -> Statistics:
    """Counts and times since the service started, of all its processes."""
    return _statistics(request, served)


@router.get(f"{VERSION}/stats", summary="Statistics of a version")
async def version_statistics(request: Request, served: NamedVersion) -> Statistics:
    """Counts and times since the service started, of all its processes."""
    return _statistics(request, served)


@router.get(f"{MODEL}/ready", summary="Is the model ready")
async def model_ready(served: NamedModel) -> ModelReady:
    """Passes while the model is loaded and warmed up."""
    return ModelReady(name=served.metadata.name)


@router.get(f"{VERSION}/ready", summary="Is the version ready")
async def version_ready(served: NamedVersion) -> ModelReady:
    """Passes while the version is loaded and warmed up."""
    return ModelReady(name=served.metadata.name)


@router.get(f"{MODEL}/config", summary="Configuration of the model")
async def model_config(served: NamedModel) -> ModelConfiguration:
    """Its tensors in the words of Triton's model configuration."""
    return served.configuration


@router.get(f"{VERSION}/config", summary="Configuration of a version")
async def version_config(served: NamedVersion) -> ModelConfiguration:
    """Its tensors in the words of Triton's model configuration."""
    return served.configuration


@router.get(MODEL, summary="Inputs and outputs of the model")
async def model(served: NamedModel) -> ModelMetadata:
    """An input a feature, an output a field of the answer."""
    return served.metadata


@router.get(VERSION, summary="Inputs and outputs of a version")
async def version(served: NamedVersion) -> ModelMetadata:
    """An input a feature, an output a field of the answer."""
    return served.metadata


@router.post(INFER, include_in_schema=False)
async def infer(served: NamedModel) -> None:
    """What comes here names another model: `inference_protocol.infer` answers for the one served."""


@router.post(INFER_VERSION, include_in_schema=False)
async def infer_version(served: NamedVersion) -> None:
    """What comes here names another model or version: `inference_protocol.infer` answers for the one served."""


def _statistics(request: Request, served: ServedModel) -> Statistics:
    return statistics(request.app.state.metrics.collected(), served.engine.manifest, ANSWERING)
