"""What a training is of, as one number: the same number, the same weights after every step."""

import json
from hashlib import sha256
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import torch

from training.cache.fingerprint import fingerprint as fingerprint_of_rows

if TYPE_CHECKING:
    from training.pipeline import Prepared

_DECIDES_NOTHING: Any = {
    "training": {"resume": True},
    "data": {"cache": {"folder", "max_gib"}},
    "tuning": True,
    "inference": True,
    "tracking": True,
    "retrain": True,
}


def fingerprint(prepared: "Prepared") -> str:
    """SHA-256 of the settings, the rows, the versions and the number of threads.

    A rate that is still to be found automatically counts as what it says: what is found follows from the rest.
    """
    config = prepared.config
    windows, num_threads = prepared.windows, config.training.num_threads
    decides = {
        "config": config.model_dump(mode="json", exclude=_DECIDES_NOTHING),
        "rows": fingerprint_of_rows(config, prepared.reader.source, prepared.parent),
        "windows": [[each.described, each.num_rows] for each in (windows.train, windows.validation, windows.test)],
        "statistics": {name: each.model_dump() for name, each in prepared.data.statistics.items()},
        "versions": [version("threefold"), str(torch.__version__)],
        "num_threads": torch.get_num_threads() if num_threads is None else num_threads,
        "has_cuda": torch.cuda.is_available(),
    }
    return sha256(json.dumps(decides, sort_keys=True).encode()).hexdigest()
