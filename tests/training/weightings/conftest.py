from pathlib import Path

import pytest

from tests.training.worlds import silent, small_config
from training.pipeline import Prepared, prepare


@pytest.fixture(scope="session")
def prepared(world: Path) -> Prepared:
    return prepare(small_config(world), silent())
