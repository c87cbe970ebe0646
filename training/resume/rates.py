"""Learning rates that were found automatically, kept so that a restarted run does not sweep again."""

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter, ValidationError

from models.atomic import whole_file
from training.history import FoundRates
from training.optimizers import OptimizerConfig

if TYPE_CHECKING:
    from training.pipeline import Prepared

_FILE = "rates.json"
_OPTIMIZERS: TypeAdapter[dict[str, OptimizerConfig]] = TypeAdapter(dict[str, OptimizerConfig])


class KeptRates:
    """The optimizers of a training once every rate in them is a number.

    Args:
        folder: of the training's states.
    """

    def __init__(self, folder: Path) -> None:
        self._file = folder / _FILE

    def put_into(self, prepared: "Prepared") -> "Prepared | None":
        """The same log with the kept rates; None where none are kept that can be read."""
        try:
            kept: dict[str, Any] = json.loads(self._file.read_bytes())
            optimizers = _OPTIMIZERS.validate_python(kept["optimizers"])
            found_rates = FoundRates(**kept["found_rates"])
        except (OSError, ValueError, KeyError, TypeError, ValidationError):
            return None
        training = prepared.config.training.model_copy(update={"optimizers": optimizers})
        config = prepared.config.model_copy(update={"training": training})
        return replace(prepared, config=config, found_rates=found_rates)

    def keep(self, prepared: "Prepared") -> None:
        """Keep the rates that were found for this log."""
        optimizers = prepared.config.training.optimizers
        plain = {"optimizers": _OPTIMIZERS.dump_python(optimizers), "found_rates": asdict(prepared.found_rates)}
        with whole_file(self._file) as beside:
            beside.write_text(json.dumps(plain, indent=1), encoding="utf-8")
