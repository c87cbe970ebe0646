"""What a version that was trained on knows of partitions before its own windows: what its parent knew of them.

A night from the champion reads one new day. Checks that look back, whether a day is a copy, has as many rows as its
weekday has, or the usual label rate, need those before it.
"""

from collections.abc import Mapping
from typing import TypeVar

from models.reference import Reference, read_reference
from training.config import Config
from training.data.config import DataConfig
from training.growth.parent import Parent
from training.profiling.partitions import partition_column

KEPT_PARTITIONS = 62
"""Newest partitions that a reference speaks of: two months of days, and their weekdays eight times."""
_Held = TypeVar("_Held")


def earlier_partitions(config: Config, parent: Parent) -> Reference | None:
    """The parent's reference; None where it has none, or where its partitions are those of another column.

    Raises:
        CheckpointError: it cannot be read.
    """
    before = DataConfig.model_validate(parent.manifest.training["config"]["data"]).partitions
    if (None if before is None else before.column) != partition_column(config):
        return None
    return read_reference(parent.folder)


def with_earlier(reference: Reference, earlier: Reference | None) -> Reference:
    """A reference that speaks of earlier partitions, too; of those that both have it says what itself has seen."""
    if earlier is None:
        return reference
    tasks = {}
    for name, task in reference.tasks.items():
        before = earlier.tasks[name].mean_by_partition if name in earlier.tasks else {}
        tasks[name] = task.model_copy(update={"mean_by_partition": _joined(before, task.mean_by_partition)})
    return reference.model_copy(
        update={
            "rows_by_partition": _joined(earlier.rows_by_partition, reference.rows_by_partition),
            "fingerprints": _joined(earlier.fingerprints, reference.fingerprints),
            "tasks": tasks,
        }
    )


def _joined(before: Mapping[str, _Held], now: Mapping[str, _Held]) -> dict[str, _Held]:
    return dict(sorted({**before, **now}.items())[-KEPT_PARTITIONS:])
