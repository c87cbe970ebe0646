"""The version that a run grows from."""

from dataclasses import dataclass
from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import load_file

from models.checkpoint import GROWTH, WEIGHTS, find_version, verify_files
from models.config import ModelConfig
from models.encoder import Encoder
from models.encoder_files import load_encoder
from models.errors import CheckpointError, ConfigError
from models.manifest import Manifest, read_manifest
from models.network import Network
from models.storage.fetch import local_copy
from training.growth.compatible import check_compatible
from training.growth.inheritance import Inheritance, load_inheritance
from training.growth.optimizer_state import TABLE, OptimizerState, load_optimizer_state
from training.growth.rows import RowMap


@dataclass(frozen=True)
class Parent:
    """A version that is as it was written, and describes the network that is to be trained on.

    Attributes:
        folder: where it lies; weights and optimizer state are read when a network takes them over, and not held.
        manifest: what it says of itself.
        encoder: from values to the rows of its table.
        inheritance: last days of ids and sums of their past; None where it kept none.
    """

    folder: Path
    manifest: Manifest
    encoder: Encoder
    inheritance: Inheritance | None

    @property
    def version(self) -> str:
        """Its name."""
        return self.manifest.version

    def give_weights(self, network: Network, rows: RowMap) -> None:
        """Put its weights into a network with a grown table.

        Raises:
            CheckpointError: they do not fit.
        """
        try:
            held = load_file(self.folder / WEIGHTS)
            table = held.pop(TABLE)
            without_table = network.load_state_dict(held, strict=False)
            if without_table.missing_keys != [TABLE] or without_table.unexpected_keys:
                raise RuntimeError(f"other parts than {', '.join(held)}")
            rows.give_values(table, network.embeddings.table)
        except (RuntimeError, KeyError, IndexError, SafetensorError) as error:
            raise CheckpointError(
                f"{self.folder / WEIGHTS} must fit the network of its manifest; found: "
                f"{str(error).splitlines()[0]}: train without --from"
            ) from None

    def optimizer_state(self) -> OptimizerState | None:
        """What its optimizers knew; None where it kept none."""
        try:
            return load_optimizer_state(self.folder)
        except SafetensorError as error:
            raise _unreadable(self.folder, error) from None


def load_parent(place: Path | str, wanted: ModelConfig) -> Parent:
    """Find and verify the version that a run is to grow from.

    Args:
        place: a version, or a folder of versions, whose newest is meant; a path or a URL.
        wanted: the network of the run's configuration.

    Raises:
        CheckpointError: there is none, or it is not as it was written.
        ConfigError: it is another network, or lacks the sums that past rates go on from.
    """
    folder = find_version(local_copy(place))
    manifest = read_manifest(folder)
    check_compatible(manifest.version, manifest.model, wanted)
    verify_files(folder, manifest, list(manifest.files))
    try:
        inheritance = load_inheritance(folder)
    except (ValueError, KeyError, SafetensorError) as error:
        raise _unreadable(folder, error) from None
    num_past = 0 if inheritance is None else len(inheritance.past)
    if num_past != len(wanted.past_rates):
        raise ConfigError(
            f"past rates go on from the sums behind their parent's; {manifest.version} kept none: train it again with "
            f"[training.growth] in its configuration, or train without --from"
        )
    return Parent(folder, manifest, load_encoder(folder, manifest.model), inheritance)


def _unreadable(folder: Path, error: Exception) -> CheckpointError:
    return CheckpointError(
        f"{folder / GROWTH} must hold what its version kept for later runs; found: {error}: train without --from"
    )
