"""Which partitions train, validate and test: the newest ones test, those before them validate."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta

from models.errors import ConfigError
from training.data.config import SplitConfig, parse_duration
from training.retraining.config import RetrainConfig
from training.retraining.listing import Partition


@dataclass(frozen=True)
class PartitionWindows:
    """Three windows of whole partitions, each oldest first."""

    train: tuple[Partition, ...]
    validation: tuple[Partition, ...]
    test: tuple[Partition, ...]

    @property
    def partitions(self) -> tuple[Partition, ...]:
        """Of all windows, oldest first."""
        return (*self.train, *self.validation, *self.test)


def cut(
    partitions: Sequence[Partition], split: SplitConfig, settings: RetrainConfig, refused: Collection[str] = ()
) -> PartitionWindows | str:
    """The windows of the newest partitions, or why there are none yet.

    Args:
        partitions: that are complete, oldest first.
        split: how long validation and test are.
        settings: how long training is, and what is left out.
        refused: values of partitions that are left out, too.

    Raises:
        ConfigError: a window is no number of whole partitions.
    """
    used = [each for each in partitions if each.value not in {*settings.leave_out, *refused}]
    if not used:
        return "no partition is complete yet"
    length = used[0].span.length
    num_test, num_validation = (_number(each, length) for each in (split.test, split.validation))
    held_out = num_test + num_validation
    if len(used) <= held_out:
        return (
            f"a run takes {held_out + 1} complete partitions, {held_out} of them for validation and test; there are "
            f"{len(used)} so far"
        )
    validation = used[-held_out:-num_test]
    oldest = validation[0].span.start - parse_duration(settings.train_window)
    train = [each for each in used[:-held_out] if each.span.start >= oldest]
    if not train:
        return f"no partition is complete in the {settings.train_window} before {validation[0].value}"
    return PartitionWindows(tuple(train), tuple(validation), tuple(used[-num_test:]))


def _number(window: str | None, length: timedelta) -> int:
    """Partitions of a window."""
    assert window is not None, "Config refuses [retrain] without lengths"
    asked = parse_duration(window)
    if asked % length:
        raise ConfigError(
            f"a window is whole partitions; found [data.split] with {window} and partitions of {length}: set a multiple"
        )
    return asked // length
