"""The files of a search."""

import json
from pathlib import Path

from models.atomic import whole_file
from training.tuning.best import best_toml
from training.tuning.page import render_page
from training.tuning.record import winner
from training.tuning.search import Searched

PAGE, NUMBERS, BEST = "tuning.html", "trials.json", "best.toml"


def write_best(folder: Path, searched: Searched) -> str | None:
    """Write the numbers and the best configuration so far; gives the text of the latter, None where there is none."""
    best = winner(searched.records)
    numbers = {
        "name": searched.config.name,
        "best": None if best is None else best.number,
        "space": searched.config.tuning.model_dump(mode="json")["space"],
        "given": searched.values,
        "trials": [record.model_dump(mode="json") for record in searched.records],
    }
    _write(folder / NUMBERS, json.dumps(numbers, indent=1, allow_nan=False))
    text = None if best is None else best_toml(searched, best)
    if text is not None:
        _write(folder / BEST, text)
    return text


def write_search(folder: Path, searched: Searched) -> None:
    """Write everything; each file is whole or not there, and replaces what an earlier run of the command wrote."""
    _write(folder / PAGE, render_page(searched, write_best(folder, searched)))


def _write(file: Path, text: str) -> None:
    with whole_file(file) as beside:
        beside.write_text(text, encoding="utf-8")
