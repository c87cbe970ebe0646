"""What somebody asked for by calling `threefold retrain`."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console

from models.errors import ConfigError
from models.registry import Registry
from training.config import Config
from training.retraining.config import RetrainConfig
from training.retraining.outcome import Decision, RetrainOutcome
from training.retraining.plan import Plan
from training.retraining.work import Work

_PLANNED = {"run", "champion", "start", "train", "validation", "test", "new", "notes"}


@dataclass(frozen=True)
class Order:
    """A configuration with a registry.

    Attributes:
        config: as it was given; a plan puts its partitions into it.
        config_text: the file that it is from.
        settings: its section [retrain].
        registry: where versions come from and go to.
        work: where runs are kept.
        console: is told how it goes.
        force: make a run although nothing is new.
    """

    config: Config
    config_text: str
    settings: RetrainConfig
    registry: Registry
    work: Work
    console: Console
    force: bool = False

    @classmethod
    def of(
        cls, config: Config, text: str, console: Console, *, registry: str | None = None, force: bool = False
    ) -> "Order":
        """Of a configuration, with another registry where one is given.

        Raises:
            ConfigError: there is no section [retrain], no registry, or a choice of partitions already.
        """
        settings = config.retrain
        place = registry or (None if settings is None else settings.registry)
        if settings is None or place is None:
            found = "no section [retrain]" if settings is None else "neither [retrain] registry nor --registry"
            raise ConfigError(
                f"a retraining says in [retrain] where versions go and which partitions are new; found {found}: add "
                f"it (docs/retraining.md)"
            )
        if config.data.partitions is not None:
            raise ConfigError(
                "a retraining picks its partitions itself; found a section [data.partitions]: remove it, or name bad "
                "ones in [retrain] leave_out"
            )
        return cls(config, text, settings, Registry(place), Work(Path(settings.work)), console, force)

    def without_run(self, decision: Decision, why: str) -> RetrainOutcome:
        """The outcome where nothing was begun."""
        return RetrainOutcome(decision=decision, why=why, registry=self.registry.place, channel=self.settings.channel)

    def with_run(self, plan: Plan, decision: Decision, why: str, **more: Any) -> RetrainOutcome:
        """The outcome of a plan; what the plan does not tell is added by its name."""
        planned = plan.model_dump(include=_PLANNED)
        place, channel = self.registry.place, self.settings.channel
        return RetrainOutcome(decision=decision, why=why, registry=place, channel=channel, **{**planned, **more})
