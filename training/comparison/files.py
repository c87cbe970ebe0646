"""The files of a comparison."""

import json
from pathlib import Path

from models.atomic import whole_file
from training.comparison.page import render_comparison
from training.comparison.results import Comparison

PAGE = "comparison.html"
NUMBERS = "comparison.json"
TRAININGS = "trainings"


def write_comparison(folder: Path, comparison: Comparison, config_text: str) -> None:
    """Write page and numbers; each is whole or not there, and replaces what an earlier run of the command wrote."""
    written = {
        NUMBERS: json.dumps(comparison.to_json(), indent=1, allow_nan=False),
        PAGE: render_comparison(comparison, config_text),
    }
    for name, text in written.items():
        with whole_file(folder / name) as beside:
            beside.write_text(text, encoding="utf-8")
