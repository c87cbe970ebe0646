"""What a run or a partition is, as one number: the same settings, rows and champion are the same run."""

import json
from hashlib import sha256
from typing import Any

from training.retraining.listing import Partition
from training.retraining.order import Order
from training.retraining.window import PartitionWindows

_DECIDES_NOTHING: Any = {
    "data": {"path": True, "prefetch_batches": True, "cache": True},
    "training": {"resume"},
    "tuning": True,
    "retrain": {"registry", "work", "keep", "keep_runs"},
}


def run_name(order: Order, windows: PartitionWindows, champion: str | None) -> str:
    """The newest partition, and a digest of all that decides how the run ends."""
    decides = {
        "config": _config(order),
        "registry": [order.registry.place, order.settings.channel],
        "partitions": [[each.value, each.identity] for each in windows.partitions],
        "champion": champion,
    }
    return f"{windows.test[-1].value}-{_digest(decides)[:8]}"


def partition_mark(order: Order, partition: Partition) -> str:
    """A digest of a partition's files and of the settings that it is judged with."""
    return _digest({"config": _config(order), "files": partition.identity})[:16]


def _config(order: Order) -> dict[str, Any]:
    return order.config.model_dump(mode="json", exclude=_DECIDES_NOTHING)


def _digest(decides: dict[str, Any]) -> str:
    return sha256(json.dumps(decides, sort_keys=True).encode()).hexdigest()
