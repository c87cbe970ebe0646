"""On real logs: the shipped configuration keeps the quality that docs/results.md reports."""

import os
from pathlib import Path

import pytest

from tests.training.worlds import silent
from training.config import load_config
from training.pipeline import run

CONFIG = load_config(Path(__file__).parent.parent / "examples" / "kuairand.toml")
LOG = os.environ.get("KUAIRAND", CONFIG.data.path)


@pytest.mark.slow
@pytest.mark.skipif(not Path(LOG).is_dir(), reason=f"no KuaiRand impressions at {LOG}: set KUAIRAND to their folder")
def test_one_model_is_good_at_all_three_tasks() -> None:
    metrics = run(CONFIG.with_overrides(data=LOG), silent()).evaluation.metrics()
    assert (metrics["click"]["auc"] or 0) >= 0.732
    assert (metrics["conversion"]["auc"] or 0) >= 0.83
    assert (metrics["dwell"]["xauc"] or 0) >= 0.645
    assert metrics["click"]["predicted_over_observed"] == pytest.approx(1, abs=0.05)
