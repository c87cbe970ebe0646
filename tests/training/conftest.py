from pathlib import Path

import pytest

from tests.training.worlds import write_world


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four days of simulated logs, shared by all tests, which only read them."""
    return write_world(tmp_path_factory.mktemp("world") / "logs")
