from pathlib import Path

import pytest

from tests.training.retraining.nights import Nights
from training.retraining import train


@pytest.fixture
def nights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Nights:
    """Five days have arrived. Versions are without their report, whose pictures take seconds to draw."""
    monkeypatch.setattr(train, "run_files", lambda run, text, precisions: {})
    found = Nights(tmp_path)
    found.arrive(0, 1, 2, 3, 4)
    return found
