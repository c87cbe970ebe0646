"""What encoded rows depend on, as one number: the same number, the same rows."""

import json
import os
from functools import cache
from hashlib import sha256
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from models.features import NumericFeature
from models.heads import BinaryTask
from training.cache.manifest import FORMAT
from training.config import Config
from training.data.source import LogSource
from training.growth.growing import Growing
from training.growth.parent import Parent

_OF_THE_NETWORK = {"tower", "reads", "calibration", "entire_space"}
"""Settings of a task that change neither its labels nor their statistics."""
_CODE = ("models", "training.cache", "training.data", "training.fitting", "training.growth")


def fingerprint(config: Config, source: LogSource, parent: Parent | None = None) -> str:
    """SHA-256 of the settings, the code and the files that the encoded rows are made of.

    Files count by path, size and time of change, and by the values that their folders name. The seed counts where
    statistics are taken of a sample. A run that trains a parent on encodes as the parent did.
    """
    is_sampled = any(isinstance(feature, NumericFeature) for feature in config.features) or any(
        not isinstance(task, BinaryTask) for task in config.tasks
    )
    decides = {
        "format": FORMAT,
        "version": version("threefold"),
        "code": _code(),
        "features": [each.model_dump(mode="json") for each in config.features],
        "crosses": [each.model_dump(mode="json") for each in config.crosses],
        "past_rates": [each.model_dump(mode="json") for each in config.past_rates],
        "tasks": [each.model_dump(mode="json", exclude=_OF_THE_NETWORK) for each in config.tasks],
        "timestamp": [config.data.timestamp, config.data.timestamp_unit],
        "split": config.data.split.model_dump(mode="json"),
        "rows": [config.data.read_rows, config.data.cache.block_rows, config.training.validation_rows],
        "seed": config.training.seed if is_sampled else None,
        "files": _files(source),
        **Growing(config.model_part(), config.training.growth, parent).key,
    }
    return sha256(json.dumps(decides, sort_keys=True).encode()).hexdigest()


def _files(source: LogSource) -> list[list[Any]]:
    """As they were listed: an object store would be asked about them one by one."""
    is_local, found = source.files.remote is None, {info.path: info for info in source.files.found}
    return [
        [
            os.path.abspath(path) if is_local else source.files.shown(path),  # noqa: PTH100 - a link is not followed
            found[path].size,
            found[path].mtime_ns,
            str(fragment.partition_expression),
        ]
        for fragment in source.dataset.get_fragments()
        for path in [fragment.path]
    ]


def changed_files(source: LogSource) -> list[str]:
    """The files that are not any more what they were when the log was opened."""
    before = source.files.found
    now = source.files.filesystem.get_file_info(source.files.paths)
    return [
        source.files.shown(one.path)
        for one, other in zip(before, now, strict=True)
        if (one.size, one.mtime_ns) != (other.size, other.mtime_ns)
    ]


@cache
def _code() -> str:
    """Of the code that fits and encodes: a checkout that is worked on keeps its version."""
    digest = sha256()
    for name in _CODE:
        spec = find_spec(name)
        assert spec is not None, f"{name} is a module of this package"
        origin = Path(spec.origin or "")
        files = sorted(origin.parent.rglob("*.py")) if origin.name == "__init__.py" else [origin]
        for file in files:
            digest.update(file.read_bytes())
    return digest.hexdigest()
