"""What a version keeps of its training window for the runs that grow from it; serving needs nothing of it.

- `growth/last_seen.safetensors`: by vocabulary, the day of each id in the order of its row
- `growth/past_ids.json`, `growth/past_totals.safetensors`: the sums behind past rates, where the model reads any
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import TypeAdapter
from safetensors.numpy import load_file, save_file

from models.checkpoint import GROWTH
from training.fitting.past_totals import PastTotals
from training.growth.newest_days import Days

LAST_SEEN = "last_seen.safetensors"
PAST_IDS = "past_ids.json"
PAST_TOTALS = "past_totals.safetensors"
_ARRAYS = ("owners", "periods", "sums", "overall_periods", "overall")


@dataclass(frozen=True)
class Inheritance:
    """Last days of ids, and sums of their past.

    Attributes:
        last_seen: by who owns the vocabulary, the last day of each of its ids, [ids].
        past: of all `[[past_rates]]` in their order.
    """

    last_seen: Mapping[str, Days] = field(default_factory=dict)
    past: tuple[PastTotals, ...] = ()

    def save(self, folder: Path) -> None:
        """Write the files below a folder, which becomes a checkpoint."""
        (folder / GROWTH).mkdir(exist_ok=True)
        _save(folder / GROWTH / LAST_SEEN, dict(self.last_seen))
        if self.past:
            ids = json.dumps([each.ids for each in self.past], ensure_ascii=False)
            (folder / GROWTH / PAST_IDS).write_text(ids, encoding="utf-8")
            _save(folder / GROWTH / PAST_TOTALS, {k: v for n, p in enumerate(self.past) for k, v in _arrays(n, p)})


def load_inheritance(folder: Path) -> Inheritance | None:
    """Read back what `save` wrote; None where a version kept nothing.

    Raises:
        ValueError, KeyError, SafetensorError: a file is of another form.
    """
    if not (folder / GROWTH / LAST_SEEN).is_file():
        return None
    last_seen = load_file(folder / GROWTH / LAST_SEEN)
    if not (folder / GROWTH / PAST_IDS).is_file():
        return Inheritance(last_seen)
    ids = TypeAdapter(list[list[str]]).validate_json((folder / GROWTH / PAST_IDS).read_bytes())
    found = load_file(folder / GROWTH / PAST_TOTALS)
    return Inheritance(last_seen, tuple(_totals(position, held, found) for position, held in enumerate(ids)))


def _arrays(position: int, past: PastTotals) -> list[tuple[str, NDArray[np.generic]]]:
    arrays = [(f"{position}.{name}", getattr(past, name)) for name in _ARRAYS]
    return [*arrays, (f"{position}.newest_us", np.array([past.newest_us]))]


def _totals(position: int, ids: list[str], found: Mapping[str, NDArray[Any]]) -> PastTotals:
    arrays = {name: found[f"{position}.{name}"] for name in _ARRAYS}
    return PastTotals(ids, newest_us=int(found[f"{position}.newest_us"][0]), **arrays)


def _save(file: Path, arrays: Mapping[str, NDArray[np.generic]]) -> None:
    save_file({name: np.ascontiguousarray(array) for name, array in arrays.items()}, file)
    file.chmod(0o644)  # safetensors makes it 0600, and another user may train on
