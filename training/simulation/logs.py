"""Write days of impression logs, one whole file a day, and beside them what is true of them."""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import chain
from pathlib import Path
from typing import Any, NoReturn

import pyarrow as pa
import pyarrow.parquet as pq

from models.atomic import whole_file
from models.errors import DataError
from training.simulation.cohorts import generator
from training.simulation.config import SimulationConfig
from training.simulation.history import ClickHistory
from training.simulation.levels import fit_levels
from training.simulation.outcomes import Levels, draw_labels, signals, truth
from training.simulation.requests import chunks, draw_shown
from training.simulation.table import TRUTH_COLUMNS, DayTable, text_leaves
from training.simulation.world import Day, World

CHUNK_ROWS = 500_000
"""Most impressions held in memory at once; part of the process, since a chunk is drawn as a whole."""
ROW_GROUP_ROWS = 65_536
FORMAT_VERSION = 1
SIDECAR = "_world.json"
"""The leading underscore keeps readers of partitioned logs from taking it for data."""

Progress = Callable[[int, int, int], None]
"""Called after each chunk with the day's index from 0, the number of days and the rows written so far."""


def simulate(
    config: SimulationConfig, folder: Path, *, overwrite: bool = False, progress: Progress | None = None
) -> int:
    """Write `date=YYYY-MM-DD/part-0.parquet` for every day, then the sidecar; return the rows written.

    A run that ends early leaves whole days and no sidecar, never half a file.

    Raises:
        DataError: the folder holds logs already and `overwrite` is not set, or holds files of others.
    """
    _clear(folder, overwrite)
    world = World(config)
    return write_days(world, 0, fit_levels(world), ClickHistory(config.history_length), folder, progress)


def write_days(
    world: World, first: int, levels: Levels, history: ClickHistory, folder: Path, progress: Progress | None = None
) -> int:
    """Write the world's days from one of them on, then the sidecar; return the rows of all days together.

    Args:
        world: its configuration says how many days there are in the end.
        first: index of the first day to write; earlier ones are in the folder already.
        levels: of this world.
        history: as it was at the beginning of that day.
        folder: where the logs are.
        progress: is told after each chunk.
    """
    config = world.config
    rows = first * config.impressions_per_day
    for index in range(first, config.days):
        day = world.day(index)
        with whole_file(part(folder, config, index)) as path:
            for written in _write(path, _tables(config, day, levels, history)):
                rows += written
                if progress is not None:
                    progress(index, config.days, rows)
    with whole_file(folder / SIDECAR) as path:
        path.write_text(json.dumps(_sidecar(config, levels, rows), indent=2) + "\n", encoding="utf-8")
    return rows


def _tables(config: SimulationConfig, day: Day, levels: Levels, history: ClickHistory) -> Iterator[pa.Table]:
    """The impressions of one day in order of time, at most CHUNK_ROWS at once."""
    rng, builder, rows_before = generator(config, "day", day.index), DayTable(config, day), 0
    for rows, begin, end in chunks(config, CHUNK_ROWS):
        shown = draw_shown(config, day, rng, rows, begin, end)
        rates = truth(config, signals(config, day, shown), levels)
        labels = draw_labels(config, rng, rates)
        before = history.before(shown, labels.clicked == 1, len(day.users))
        yield builder.build(shown, before, rates, labels, rows_before)
        rows_before += rows


def _write(path: Path, tables: Iterator[pa.Table]) -> Iterator[int]:
    """Append tables to one Parquet file; yield the rows of each once it is written."""
    first = next(tables)
    options: dict[str, Any] = {
        "compression": "zstd",
        "use_dictionary": text_leaves(first.schema),
        # Without Arrow's own schema beside Parquet's, every reader sees plain text and not our codes.
        "store_schema": False,
    }
    with pq.ParquetWriter(path, first.schema, **options) as writer:
        for table in chain([first], tables):
            writer.write_table(table, row_group_size=ROW_GROUP_ROWS)
            yield table.num_rows


def part(folder: Path, config: SimulationConfig, index: int) -> Path:
    """The file of a day, counted from 0."""
    date = config.start_date + timedelta(days=index)
    return folder / f"date={date.isoformat()}" / "part-0.parquet"


def _sidecar(config: SimulationConfig, levels: Levels, rows: int) -> dict[str, object]:
    return {
        "format_version": FORMAT_VERSION,
        "config": config.model_dump(mode="json"),
        "rows": rows,
        "levels": {name: getattr(levels, name) for name in ("click", "bounce", "log_dwell", "conversion")},
        "truth": {label: column for label, (column, _) in TRUTH_COLUMNS.items()},
        "descriptions": dict(TRUTH_COLUMNS.values()),
    }


def _clear(folder: Path, overwrite: bool) -> None:
    """Make sure the logs will stand alone in their folder; with `overwrite`, remove what an earlier run wrote."""
    found = [folder] if folder.is_file() else sorted([*folder.glob("[!.]*"), *folder.glob("date=*/[!.]*")])
    files = [path for path in found if not (path.is_dir() and path.name.startswith("date="))]
    foreign = [path for path in files if not _is_ours(path)]
    if foreign:
        _refuse(folder, foreign, "choose another folder or move them away")
    if files and not overwrite:
        _refuse(folder, files, "choose another folder, or overwrite")
    # A killed run leaves its unfinished file under a hidden name.
    for path in [*files, *folder.glob("date=*/.part-0.parquet.*.partial")]:
        path.unlink()
    for partition in folder.glob("date=*"):
        if not any(partition.iterdir()):
            partition.rmdir()


def _is_ours(path: Path) -> bool:
    """Whether a simulation wrote the file: nobody else's logs know the truth."""
    if path.name == SIDECAR:
        return True
    if path.name != "part-0.parquet":
        return False
    try:
        return "true_click" in pq.read_schema(path).names
    except pa.ArrowInvalid:
        return False


def _refuse(folder: Path, found: list[Path], way_out: str) -> NoReturn:
    raise DataError(
        f"simulated logs need an empty folder, found '{found[0].name}' among {len(found)} files in {folder}; {way_out}"
    )
