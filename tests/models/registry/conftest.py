import shutil
from pathlib import Path

import pytest

from models.registry import Registry
from tests.models.registry.made import make


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A registry that is not there yet."""
    return tmp_path / "registry"


@pytest.fixture(scope="session")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six versions, and a registry that they were published to."""
    folder = tmp_path_factory.mktemp("begun")
    for number in range(1, 7):
        Registry(folder / "registry").publish(make(folder / "made", number), who="maker")
    return folder


@pytest.fixture
def registry(begun: Path, place: Path, tmp_path: Path) -> Registry:
    """A registry of six versions, nothing promoted; what was published lies in `made` beside it."""
    shutil.copytree(begun, tmp_path, dirs_exist_ok=True)
    return Registry(place)
