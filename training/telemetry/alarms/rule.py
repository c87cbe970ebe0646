"""What every rule is: it judges a reading, and says what it found and the way out."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from training.history import Reading


@dataclass(frozen=True)
class Finding:
    """Something beyond its limit in one reading.

    Attributes:
        subnet: where.
        evidence: what was seen.
        advice: the way out, with the setting to change.
    """

    subnet: str
    evidence: str
    advice: str


class Rule(ABC):
    """One thing that a healthy run does not do.

    Attributes:
        kind: its name, as docs/telemetry.md lists it.
        readings: an alarm begins after so many findings in a row, and ends after so many readings without one.
    """

    kind: ClassVar[str]
    readings: ClassVar[int]

    @abstractmethod
    def judge(self, reading: Reading) -> dict[str, Finding | None]:
        """By subnet, task or pair: what is beyond its limit, or None. One that cannot be judged here is left out."""

    def state(self) -> dict[str, Any]:
        """What the rule remembers of earlier readings."""
        return {}

    def restore(self, state: Mapping[str, Any]) -> None:  # noqa: B027 - most rules remember nothing
        """Go on from such a state."""


def rate_setting(subnet: str, reading: Reading) -> str:
    """The setting that holds a subnet's learning rate, and the rate in force."""
    rate = reading.learning_rates.get(subnet)
    return f'[training.optimizers."{subnet}"]' + ("" if rate is None else f" from {rate:g}")
