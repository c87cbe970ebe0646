"""The model configuration extension: the same tensors in the words of Triton's model configuration."""

from typing import Literal

from service.inference_protocol.metadata import PLATFORM, Described, ModelMetadata

_TYPES = {"BYTES": "TYPE_STRING"}


class ConfiguredInput(Described):
    """An input; every one may be left out, and is missing then."""

    name: str
    data_type: str
    dims: tuple[int, ...]
    optional: Literal[True] = True


class ConfiguredOutput(Described):
    """An output."""

    name: str
    data_type: str
    dims: tuple[int, ...]


class ModelConfiguration(Described):
    """The model's configuration."""

    name: str
    platform: str = PLATFORM
    backend: str = PLATFORM
    max_batch_size: Literal[0] = 0
    """Shapes are whole: context features may have one row where candidates have many, so there is no common first
    dimension to be batched by."""
    input: tuple[ConfiguredInput, ...]
    output: tuple[ConfiguredOutput, ...]


def model_configuration(metadata: ModelMetadata) -> ModelConfiguration:
    """The configuration of the model with these tensors."""
    return ModelConfiguration(
        name=metadata.name,
        input=tuple(
            ConfiguredInput(name=each.name, data_type=_type(each.datatype), dims=each.shape) for each in metadata.inputs
        ),
        output=tuple(
            ConfiguredOutput(name=each.name, data_type=_type(each.datatype), dims=each.shape)
            for each in metadata.outputs
        ),
    )


def _type(datatype: str) -> str:
    return _TYPES.get(datatype, f"TYPE_{datatype}")
