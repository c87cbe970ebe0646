"""All that depends on the version served, in one object: to swap versions is to assign another one."""

from collections.abc import Mapping
from dataclasses import dataclass

from service.engine import Engine
from service.hot_route import HotRoute
from service.inference_protocol.served import ServedModel


@dataclass(frozen=True, slots=True, weakref_slot=True)
class Serving:
    """One version as it is served. A request takes it at its start and keeps it to its end.

    Attributes:
        engine: reads requests and predicts.
        protocol: the version as the inference protocol sees it.
        description: the OpenAPI document.
        hot: what answers the paths that name the version.
    """

    engine: Engine
    protocol: ServedModel
    description: bytes
    hot: Mapping[str, HotRoute]

    @property
    def version(self) -> str:
        """Of the model."""
        return self.engine.manifest.version
