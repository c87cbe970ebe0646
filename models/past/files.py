"""How past rates lie in a checkpoint: ids as JSON, numbers as safetensors; neither is there where there are none."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from pydantic import TypeAdapter
from safetensors.numpy import load_file, save_file

from models.heads import Task
from models.past.config import PastRatesConfig
from models.past.evidence import num_inputs
from models.past.rates import PastRates

PAST_IDS = "encoder/past_ids.json"
PAST_RATES = "encoder/past_rates.safetensors"


def save_past_rates(folder: Path, past: Sequence[PastRates]) -> None:
    """Write ids and numbers below the folder, in the order of the configuration."""
    if not past:
        return
    ids = [each.vocabulary.values for each in past]
    (folder / PAST_IDS).write_text(json.dumps(ids, ensure_ascii=False), encoding="utf-8")
    save_file({str(position): each.numbers for position, each in enumerate(past)}, folder / PAST_RATES)
    (folder / PAST_RATES).chmod(0o644)  # safetensors makes it 0600, and the service may run as another user


def load_past_rates(folder: Path, configs: Sequence[PastRatesConfig], tasks: Sequence[Task]) -> tuple[PastRates, ...]:
    """Read back what `save_past_rates` wrote.

    Raises:
        ValueError, KeyError, OSError, SafetensorError: a file is absent, of another form, or fits no configuration.
    """
    if not configs:
        return ()
    ids = TypeAdapter(list[list[str]]).validate_json((folder / PAST_IDS).read_bytes())
    numbers = load_file(folder / PAST_RATES)
    found = []
    for position, (config, held) in enumerate(zip(configs, ids, strict=True)):
        table = numbers[str(position)]
        shape = (len(held), num_inputs(config.averaged_tasks(tasks)))
        if table.shape != shape or table.dtype != np.float32 or not np.isfinite(table).all():
            raise ValueError(
                f"past rates of {' and '.join(config.of)} are finite float32 {shape}, found {table.dtype} {table.shape}"
            )
        found.append(PastRates(config.of, held, table))
    return tuple(found)
