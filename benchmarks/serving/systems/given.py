"""What a server is told: the checkpoint, the port, and which of the two ways of predicting it wraps."""

import sys
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Given:
    """The words of the command line.

    Attributes:
        checkpoint: the version to serve.
        port: to listen on.
        same_engine: whether it predicts with the engine and graph that we serve with, or as a user would write it.
    """

    checkpoint: Path
    port: int
    same_engine: bool


def given() -> Given:
    """As `running` starts them."""
    checkpoint, port, way = sys.argv[1:4]
    return Given(Path(checkpoint), int(port), way == "engine")
