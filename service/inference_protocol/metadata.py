"""What the protocol's descriptions say: of the server, of the model and its tensors, of the repository."""

from importlib.metadata import version
from typing import Literal

from pydantic import BaseModel, ConfigDict

from models.features import CategoricalFeature, Feature, MultiCategoricalFeature
from models.manifest import Manifest

PLATFORM = "threefold"
EXTENSIONS = ("binary_tensor_data", "model_configuration", "statistics", "parameters")


class Described(BaseModel):
    """A document of the protocol."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True, protected_namespaces=())


class ServerLive(Described):
    """Passes as long as the process turns."""

    live: Literal[True] = True


class ServerReady(Described):
    """Passes while the model is loaded and warmed up."""

    ready: Literal[True] = True


class ModelReady(Described):
    """Passes while this model is loaded and warmed up."""

    name: str
    ready: Literal[True] = True


class ServerMetadata(Described):
    """The server."""

    name: str = PLATFORM
    version: str
    """Of the program, not of the model."""
    extensions: tuple[str, ...] = EXTENSIONS
    """Of the protocol, that are offered."""


class TensorMetadata(Described):
    """An input or an output."""

    name: str
    datatype: str
    """The one that says most; an input takes others too."""
    shape: tuple[int, ...]
    """-1 is any number: of rows, and for a list of its elements."""


class ModelMetadata(Described):
    """The model and its tensors."""

    name: str
    versions: tuple[str, ...]
    platform: str = PLATFORM
    inputs: tuple[TensorMetadata, ...]
    outputs: tuple[TensorMetadata, ...]


class IndexEntry(Described):
    """A model of the repository."""

    name: str
    version: str
    state: Literal["READY"] = "READY"
    reason: str = ""


def server_metadata() -> ServerMetadata:
    """The server, by the version of the distribution."""
    return ServerMetadata(version=version("threefold"))


def model_metadata(manifest: Manifest) -> ModelMetadata:
    """The model: an input a feature, an output a field."""
    return ModelMetadata(
        name=manifest.name,
        versions=(manifest.version,),
        inputs=tuple(map(_input, manifest.model.features)),
        outputs=tuple(
            TensorMetadata(name=field, datatype="FP32", shape=(-1,)) for field in manifest.model.answer_fields
        ),
    )


def _input(feature: Feature) -> TensorMetadata:
    if isinstance(feature, MultiCategoricalFeature):
        return TensorMetadata(name=feature.name, datatype="BYTES", shape=(-1, -1))
    datatype = "BYTES" if isinstance(feature, CategoricalFeature) else "FP64"
    return TensorMetadata(name=feature.name, datatype=datatype, shape=(-1,))
