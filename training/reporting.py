"""From a finished run, or a measured checkpoint, to its page and its numbers."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from models.atomic import whole_folder
from models.errors import ConfigError
from models.manifest import Manifest
from models.verdicts import ReducedPrecision, Verdict
from training.config import Config
from training.pipeline import Measured, Run
from training.report.data import ReportData
from training.report.page import render_report

REPORT = "report.html"
METRICS = "metrics.json"


def run_files(
    run: Run, config_text: str, precisions: Mapping[ReducedPrecision, Verdict] | None = None
) -> dict[str, str]:
    """Report and numbers of a run, by file name; with what the check of reduced precisions found."""
    prepared, trained = run.prepared, run.trained
    page = render_report(
        ReportData(
            name=prepared.config.name,
            version=None,  # the version is named by the very checkpoint that the page goes into
            created_at=datetime.now(UTC),
            config_toml=config_text,
            model=trained.predictor.config,
            windows=prepared.windows,
            null_shares=prepared.data.null_shares,
            statistics=prepared.data.statistics,
            history=trained.history,
            calibrations=trained.predictor.calibrations,
            evaluation=run.evaluation,
            scored=run.scored,
            weighting=prepared.config.training.weighting.kind,
            loss_unit=prepared.config.training.loss_unit,
            edges=trained.edges,
            precisions=precisions or {},
        )
    )
    numbers = {
        "name": prepared.config.name,
        "evaluation": run.evaluation.to_json(),
        "history": trained.history.to_json(),
        "edges": [use.to_json() for use in trained.edges],
        "null_shares": prepared.data.null_shares,
        "precisions": {name: each.model_dump() for name, each in (precisions or {}).items()},
    }
    return {REPORT: page, METRICS: json.dumps(numbers, indent=1, allow_nan=False)}


def write_measured(folder: Path, measured: Measured, config: Config, config_text: str, manifest: Manifest) -> None:
    """Write report and numbers of a stored model to a new folder.

    Raises:
        ConfigError: the folder is there already.
    """
    if folder.exists():
        raise ConfigError(f"a report is not overwritten; {folder} exists: name another --output, or remove it")
    page = render_report(
        ReportData(
            name=config.name,
            version=manifest.version,
            created_at=datetime.now(UTC),
            config_toml=config_text,
            model=manifest.model,
            windows=measured.windows,
            null_shares={},
            statistics=manifest.statistics,
            history=None,
            calibrations=manifest.calibrations,
            evaluation=measured.evaluation,
            scored=measured.scored,
        )
    )
    numbers = {"name": config.name, "version": manifest.version, "evaluation": measured.evaluation.to_json()}
    with whole_folder(folder) as beside:
        (beside / REPORT).write_text(page, encoding="utf-8")
        (beside / METRICS).write_text(json.dumps(numbers, indent=1, allow_nan=False), encoding="utf-8")
