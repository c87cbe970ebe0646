"""The search: trials one after the other, each kept as soon as it ends."""

import fcntl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from rich.console import Console

from models.errors import ConfigError, TrainingError
from training.config import Config
from training.pipeline import Prepared, fit, prepare
from training.tuning.identity import check_same
from training.tuning.proposals import new_trial, proposed
from training.tuning.pruning import GivenUp, TrialObserver
from training.tuning.record import TrialFiles, TrialRecord
from training.tuning.settings import Settings, config_with, value_at
from training.tuning.space import check_space

IDENTITY, TRIALS, LOCK = "search.json", "trials", ".lock"

_NOT_FITTED = {"tasks", "model", "training", "tuning"}
"""Settings that change nothing of the encoder; of a task, its label is never tuned."""

Tell = Callable[[TrialRecord], None]


@dataclass(frozen=True)
class Searched:
    """A search as it stands.

    Attributes:
        given: the tables of the configuration that it began with.
        prepared: their configuration, and the log that all trials share.
        values: what the configuration has at the paths of the space.
        records: the trials by number; 0 is the given configuration.
    """

    given: Settings
    prepared: Prepared
    values: dict[str, Any]
    records: list[TrialRecord]

    @property
    def config(self) -> Config:
        """The given configuration."""
        return self.prepared.config

    def config_of(self, record: TrialRecord) -> Config:
        """The configuration of a trial."""
        return config_with(self.given, self.config, record.values)


class Search:
    """Trains a configuration with other values, in a folder from which it goes on.

    Args:
        given: the tables of the configuration file.
        config: made of them.
        folder: of the search.
        console: is told how the log is prepared.

    Raises:
        ConfigError: the space breaks a rule, or the folder holds a search of something else.
        DataError: the log breaks a rule.
    """

    def __init__(self, given: Settings, config: Config, folder: Path, console: Console) -> None:
        check_space(given, config)
        self._files = TrialFiles(folder / TRIALS)
        prepared = prepare(config, console)
        check_same(folder / IDENTITY, prepared)
        values = {path: value_at(config, path) for path in config.tuning.space}
        records = self._files.read()
        self._cut_off = [record for record in records if record.state == "running"]
        self.searched = Searched(given, prepared, values, [each for each in records if each.state != "running"])
        self._prepared = [prepared]

    def run(self, num_trials: int, tell: Tell) -> Searched:
        """Go on until there are so many trials; each is told when it ends."""
        records = self.searched.records
        while len(records) < num_trials:
            record = self._begun()
            earlier = next((each for each in records if each.number and each.values == record.values), None)
            if earlier is not None and record.number:
                same_as = earlier.number if earlier.same_as is None else earlier.same_as
                kept = {"number": record.number, "same_as": same_as, "seconds": 0.0, "num_cut_off": record.num_cut_off}
                record = earlier.model_copy(update=kept)
            else:
                record = self._trained(record)
            self._files.keep(record)
            records.append(record)
            tell(record)
        return self.searched

    def _begun(self) -> TrialRecord:
        """The next trial, or the one that was cut off with the values that it had."""
        if self._cut_off:
            cut_off = self._cut_off.pop(0)
            record = cut_off.model_copy(update={"num_cut_off": cut_off.num_cut_off + 1})
        else:
            records, tuning = self.searched.records, self.searched.config.tuning
            values = proposed(tuning, self.searched.values, records) if records else {}
            record = TrialRecord(number=len(records), values=values, state="running")
        self._files.keep(record)
        return record

    def _trained(self, record: TrialRecord) -> TrialRecord:
        searched = self.searched
        config = searched.config_of(record)
        observer = TrialObserver(new_trial(searched.config.tuning, searched.values, searched.records))
        started = time.monotonic()
        state, reason = "finished", None
        try:
            fit(self._prepared_for(config), Console(quiet=True, force_terminal=False), [observer])
        except GivenUp:
            state, reason = "pruned", f"worse than the median after {len(observer.validations)} validations"
        except TrainingError as error:
            state, reason = "failed", str(error)
        best = min(observer.validations, key=lambda looked: looked.score, default=None)
        return TrialRecord.model_validate(
            {
                **record.model_dump(),
                "state": state,
                "score": None if best is None or state == "failed" else best.score,
                "losses": {} if best is None else best.losses,
                "validations": [looked.score for looked in observer.validations],
                "num_steps": observer.validations[-1].step if observer.validations else 0,
                "seconds": time.monotonic() - started,
                "reason": reason,
            }
        )

    def _prepared_for(self, config: Config) -> Prepared:
        """The log fitted for a trial: once for all that have the same inputs."""
        for held in self._prepared:
            if held.config.model_dump(exclude=_NOT_FITTED) == config.model_dump(exclude=_NOT_FITTED):
                return replace(held, config=config)
        quiet = Console(quiet=True, force_terminal=False)
        self._prepared = [self._prepared[0], prepare(config, quiet)]  # the given one, and the last of the others
        return self._prepared[-1]


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Holds the folder: two searches in it would write over each other's trials. A killed process lets go of it.

    Raises:
        ConfigError: another search runs in it.
    """
    with (folder / LOCK).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ConfigError(
                f"one search runs in a folder; another does in {folder}: wait for it, or name another --output"
            ) from None
        yield
