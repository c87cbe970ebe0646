"""How a trainer's network computes."""

from pathlib import Path

import torch
from torch import Tensor

from models.batch import EncodedBatch
from models.network import Forward, Handing, Network
from training.compute.compiled import Function, compiled, is_wanted
from training.compute.device import moved
from training.compute.precision import PrecisionName, chosen_precision, has_bfloat16_units
from training.data.batches import TrainingBatch


class Compute:
    """Runs a network's forward pass where it lies, in the precision that is asked for.

    Embeddings and their gradients are float32, and so are outputs: losses and their weights know nothing of precision.
    Until `prepare` is called nothing is compiled.

    Args:
        network: on the device that trains it.
        precision: of products in trunk and heads.
    """

    def __init__(self, network: Network, precision: PrecisionName) -> None:
        self._network = network
        self.device = next(network.shared.parameters()).device
        self.precision = chosen_precision(precision, self.device)
        self._asked = precision
        self._compiled: Function | None = None
        self._compiled_rows = 0

    def prepare(self, setting: bool | str, num_rows: int, num_steps: int, folder: Path) -> str:
        """Compile where that is asked for or worth it; one line that says what was chosen, and why.

        Args:
            setting: true, false or "auto".
            num_rows: of a full batch; smaller ones run as they are.
            num_steps: that the run takes at the most.
            folder: keeps what was compiled.
        """
        has_units = has_bfloat16_units(self.device)
        wanted, why = is_wanted(setting, has_units, num_steps)
        told = f"{'compiled' if wanted else 'not compiled'} ({why})"
        if wanted:
            self._compiled, told = compiled(self._network, num_rows, self.precision, folder)
            self._compiled_rows = num_rows
        units = f"auto: the device has {'' if has_units else 'no '}units for bfloat16"
        reason = units if self._asked == "auto" else "as configured"
        return f"{self.device.type}, products in {str(self.precision).removeprefix('torch.')} ({reason}), {told}"

    def moved(self, batch: TrainingBatch) -> TrainingBatch:
        """The batch where the network is."""
        return moved(batch, self.device)

    def forward(self, inputs: EncodedBatch, handing: Handing | None, *, eagerly: bool) -> Forward:
        """A forward pass in training.

        Args:
            inputs: encoded rows.
            handing: changes what crosses an edge.
            eagerly: as it is written, so that every module can be watched.
        """
        x: Tensor = self._network.embeddings(inputs)
        is_eager = eagerly or handing is not None or self._compiled is None or len(x) != self._compiled_rows
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.precision == torch.bfloat16):
            if is_eager or self._compiled is None:
                found = self._network.after_embeddings(x, handing)
            else:
                found = self._compiled(x)
        return Forward({name: output.float() for name, output in found.outputs.items()}, found.common)
