"""Versions with and without a reference, made once."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from service.app import create_app
from service.settings import Settings
from tests.monitoring.references import save_referenced
from tests.service.client import Client
from tests.service.tiny import save_tiny


@pytest.fixture(scope="session")
def referenced(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A version that knows what it predicted for the rows it was tested on."""
    return save_referenced(tmp_path_factory.mktemp("referenced"))


@pytest.fixture(scope="session")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A version without a reference."""
    return save_tiny(tmp_path_factory.mktemp("versions"))


@pytest.fixture
def client(checkpoint: Path) -> Iterator[Client]:
    """Of an app that serves it."""
    with Client(create_app(Settings(checkpoint=checkpoint))) as client:
        yield client
