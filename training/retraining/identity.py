"""What a run is of, as one number: the same settings, rows and champion are the same run."""

import json
from hashlib import sha256
from typing import Any

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
        "config": order.config.model_dump(mode="json", exclude=_DECIDES_NOTHING),
        "registry": [order.registry.place, order.settings.channel],
        "partitions": [[each.value, each.identity] for each in windows.partitions],
        "champion": champion,
    }
    digest = sha256(json.dumps(decides, sort_keys=True).encode()).hexdigest()
    return f"{windows.test[-1].value}-{digest[:8]}"
