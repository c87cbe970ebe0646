"""One tiny checkpoint and one app for the tests that only ask."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from models.checkpoint import load_checkpoint
from models.predictor import Predictor
from service.app import create_app
from service.settings import Settings
from tests.service.client import Client
from tests.service.tiny import save_tiny


@pytest.fixture(scope="session")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny(tmp_path_factory.mktemp("versions"))


@pytest.fixture(scope="session")
def predictor(checkpoint: Path) -> Predictor:
    return load_checkpoint(checkpoint)[0]


@pytest.fixture(scope="session")
def client(checkpoint: Path) -> Iterator[Client]:
    with Client(create_app(Settings(checkpoint=checkpoint, max_rows=200))) as client:
        yield client


@pytest.fixture
def fresh(checkpoint: Path) -> Iterator[Callable[..., Client]]:
    """A client of a new app with these settings."""
    with ExitStack() as stack:

        def build(**settings: Any) -> Client:
            return stack.enter_context(Client(create_app(Settings(checkpoint=checkpoint, **settings))))

        yield build
