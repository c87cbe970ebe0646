from pathlib import Path

import pandas as pd
import pytest

from tests.training.growth.logs import days_config, write_log
from tests.training.worlds import silent
from training.pipeline import run, save


@pytest.fixture(scope="package")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of the log."""
    folder = tmp_path_factory.mktemp("growth") / "log"
    write_log(folder)
    return folder


@pytest.fixture(scope="package")
def log(folder: Path) -> pd.DataFrame:
    """The log in memory."""
    return write_log(folder.parent / "again")


@pytest.fixture(scope="package")
def version(folder: Path) -> Path:
    """Trained on the first two days."""
    return save(run(days_config(folder, 0), silent()), folder.parent / "versions", {})
