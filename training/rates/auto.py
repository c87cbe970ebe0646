"""Puts found rates in the place of `learning_rate = "auto"`, before a training begins."""

from dataclasses import replace
from typing import TYPE_CHECKING

from rich.console import Console

from training.config import Config
from training.history import FoundRates
from training.optimizers import OptimizerConfig
from training.rates.spans import with_rate
from training.rates.sweep import Sweeper, Sweeps
from training.rates.terminal import telling
from training.resume.rates import KeptRates
from training.say import say

if TYPE_CHECKING:
    from training.pipeline import Prepared


def with_found_rates(prepared: "Prepared", console: Console, kept: KeptRates | None = None) -> "Prepared":
    """The same log, with a configuration in which every rate is a number; as it is where every one was given.

    Args:
        prepared: the log and its configuration.
        console: is told how it goes.
        kept: rates that an earlier process found for the very same are taken from here, and new ones are kept.

    Raises:
        ConfigError: the log is too small for a sweep.
    """
    if all(group.learning_rate != "auto" for group in prepared.config.training.optimizers.values()):
        return prepared
    found_before = None if kept is None else kept.put_into(prepared)
    if found_before is not None:
        say(console, f"learning rates of {', '.join(found_before.found_rates.by_subnet)} were found before")
        return found_before
    with telling(console) as tell:
        sweeps = Sweeper(prepared, tell).sweep(only_automatic=True)
    found = {sweep.subnet: sweep.proposal.rate for sweep in sweeps.subnets}
    say(
        console,
        f"learning rates of {', '.join(found)} found automatically, by {sweeps.num_runs} short runs of "
        f"{sweeps.num_steps:,} steps in all",
    )
    found_rates = FoundRates(found, sweeps.num_steps)
    prepared = replace(prepared, config=with_rates(prepared.config, sweeps), found_rates=found_rates)
    if kept is not None:
        kept.keep(prepared)
    return prepared


def with_rates(config: Config, sweeps: Sweeps) -> Config:
    """The configuration with a group of its own for each swept subnet, at the proposed rate."""
    kept = {name: each for name, each in config.training.optimizers.items() if each.learning_rate != "auto"}
    found: dict[str, OptimizerConfig] = {
        sweep.subnet: with_rate(sweep.group, sweep.proposal.rate) for sweep in sweeps.subnets
    }
    training = config.training.model_copy(update={"optimizers": {**kept, **found}})
    return config.model_copy(update={"training": training})
