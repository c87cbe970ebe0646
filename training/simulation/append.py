"""Further days of a world whose first days were written earlier, as if all had been written at once."""

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pydantic import ValidationError

from models.errors import DataError
from training.simulation.config import SimulationConfig
from training.simulation.effects import Ints
from training.simulation.history import ClickHistory
from training.simulation.logs import FORMAT_VERSION, SIDECAR, Progress, part, write_days
from training.simulation.outcomes import Levels
from training.simulation.world import World


def append_days(folder: Path, days: int, *, progress: Progress | None = None) -> int:
    """Write so many days more; return the rows of all days together.

    Nothing of the world is kept but its settings: histories are read back from the clicks of the earlier days. Days
    that the sidecar does not count are what a killed run left; they are written anew.

    Raises:
        DataError: there is no finished simulation in the folder, or a day of it is gone.
    """
    config, levels = read_sidecar(folder)
    history = _history(folder, config)
    longer = SimulationConfig.model_validate({**config.model_dump(), "days": config.days + days})
    return write_days(World(longer), config.days, levels, history, folder, progress)


def read_sidecar(folder: Path) -> tuple[SimulationConfig, Levels]:
    """The settings and levels of the world whose logs are in the folder.

    Raises:
        DataError: there is no finished simulation in the folder, or one of another release.
    """
    rule = "days are appended to a finished simulation"
    way_out = "simulate its first days without appending"
    try:
        told = json.loads((folder / SIDECAR).read_text(encoding="utf-8"))
        if told["format_version"] != FORMAT_VERSION:
            raise DataError(f"{rule} of format {FORMAT_VERSION}; {folder} has {told['format_version']}: {way_out}")
        return SimulationConfig.model_validate(told["config"]), Levels(**told["levels"])
    except FileNotFoundError:
        raise DataError(f"{rule}; {folder} has no '{SIDECAR}': {way_out}") from None
    except (OSError, ValueError, KeyError, TypeError, ValidationError) as error:
        raise DataError(f"{rule}; '{SIDECAR}' in {folder} cannot be read ({error}): {way_out}") from None


def _history(folder: Path, config: SimulationConfig) -> ClickHistory:
    """What everybody clicked on the days that are there."""
    users, items = [], []
    for index in range(config.days):
        path = part(folder, config, index)
        try:
            clicks = pq.read_table(path, columns=["user_id", "item_id", "clicked"], partitioning=None)
        except (OSError, pa.ArrowInvalid) as error:
            raise DataError(
                f"a day is appended to all earlier ones, whose clicks make the histories; {path} cannot be read "
                f"({error}): restore it, or simulate all days again"
            ) from None
        clicks = clicks.filter(pc.equal(clicks["clicked"], 1))
        users.append(_numbers(clicks["user_id"]))
        items.append(_numbers(clicks["item_id"]))
    return ClickHistory.of_clicks(config.history_length, np.concatenate(users), np.concatenate(items))


def _numbers(ids: pa.ChunkedArray) -> Ints:
    """The index behind each id, such as 123 of `u000123`."""
    digits = pc.utf8_slice_codeunits(ids, 1)
    return np.asarray(digits.cast(pa.int64()).to_numpy(), dtype=np.int64)
