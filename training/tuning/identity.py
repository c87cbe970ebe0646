"""What a search is of: it goes on only with the same settings, space, rows and versions."""

import json
from importlib.metadata import version
from pathlib import Path
from typing import Any

from models.atomic import whole_file
from models.errors import ConfigError
from training.config import NOT_COMPARED
from training.pipeline import Prepared

_MOST_NAMED = 5


def check_same(file: Path, prepared: Prepared) -> None:
    """Write what the search is of, or compare it with what is there.

    Raises:
        ConfigError: it is another; names what changed.
    """
    found = json.loads(json.dumps(_identity(prepared)))
    if not file.exists():
        with whole_file(file) as beside:
            beside.write_text(json.dumps(found, indent=1), encoding="utf-8")
        return
    changed = _changed(json.loads(file.read_text(encoding="utf-8")), found)
    if changed:
        more = f" and {len(changed) - _MOST_NAMED} more" if len(changed) > _MOST_NAMED else ""
        raise ConfigError(
            f"a search goes on with the settings, the log and the versions that it began with; in {file.parent} "
            f"changed: {'; '.join(changed[:_MOST_NAMED])}{more}. Undo that, or name another --output"
        )


def _identity(prepared: Prepared) -> dict[str, Any]:
    windows = prepared.windows
    return {
        "config": prepared.config.model_dump(mode="json", exclude=NOT_COMPARED),
        "windows": {
            each.name: {"rows": each.num_rows, "bounds": each.described}
            for each in (windows.train, windows.validation, windows.test)
        },
        "labels": {name: each.model_dump() for name, each in prepared.data.statistics.items()},
        "missing": prepared.data.null_shares,
        "versions": {name: version(name) for name in ("threefold", "torch")},
    }


def _changed(before: Any, now: Any, path: str = "") -> list[str]:
    if isinstance(before, dict) and isinstance(now, dict):
        return [
            line
            for key in dict.fromkeys([*before, *now])
            for line in _changed(before.get(key), now.get(key), f"{path}.{key}" if path else str(key))
        ]
    if isinstance(before, list) and isinstance(now, list) and len(before) == len(now):
        return [line for n, pair in enumerate(zip(before, now, strict=True)) for line in _changed(*pair, f"{path}.{n}")]
    return [] if before == now else [f"{path} from {_short(before)} to {_short(now)}"]


def _short(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
