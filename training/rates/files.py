"""What `threefold lr-range` writes: a page, numbers, and lines to paste, in one folder that is whole or not there."""

import json
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from models.atomic import whole_folder
from models.errors import ConfigError
from training.rates.page import render_page
from training.rates.snippet import toml_snippet
from training.rates.sweep import Sweeps

PAGE, NUMBERS, SNIPPET = "rates.html", "rates.json", "rates.toml"


def check_new(folder: Path) -> None:
    """Refuse a folder that is there already, before the sweeps and not after.

    Raises:
        ConfigError: naming it.
    """
    if folder.exists():
        raise ConfigError(f"found rates are not overwritten; {folder} exists: name another --output, or remove it")


def write_rates(folder: Path, name: str, sweeps: Sweeps) -> None:
    """Write all three files to a new folder."""
    created_at = datetime.now(UTC)
    numbers = {"name": name, "created_at": created_at.isoformat(), **to_json(sweeps)}
    with whole_folder(folder) as beside:
        (beside / PAGE).write_text(render_page(name, sweeps, created_at), encoding="utf-8")
        (beside / NUMBERS).write_text(json.dumps(numbers, indent=1, allow_nan=False), encoding="utf-8")
        (beside / SNIPPET).write_text(toml_snippet(sweeps), encoding="utf-8")


def to_json(sweeps: Sweeps) -> dict[str, object]:
    """Plain lists and dictionaries."""
    subnets = [{**asdict(sweep), "group": sweep.group.model_dump(mode="json")} for sweep in sweeps.subnets]
    return {**asdict(sweeps), "subnets": subnets}
