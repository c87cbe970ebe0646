"""A schedule from its settings to its end."""

import signal
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

from models.errors import ConfigError
from training.config import load_config
from training.resume.lock import alone
from training.say import say
from training.scheduling.child import Child
from training.scheduling.clockwork import Clockwork, stop_signals
from training.scheduling.exposition import Exposition
from training.scheduling.port import served
from training.scheduling.runs import Runs
from training.scheduling.timetable import Timetable

STATE = "schedule.json"
_ALONE = ".schedule"


@dataclass(frozen=True)
class Schedule:
    """What `threefold schedule` was asked for.

    Attributes:
        config_file: the configuration, with [retrain].
        cron: when runs are planned.
        timezone: that it is meant in.
        jitter_s: a run begins up to so many seconds late.
        once_now: begin with a run.
        metrics: host and port to answer on.
    """

    config_file: Path
    cron: str
    timezone: str = "UTC"
    jitter_s: float = 0.0
    once_now: bool = False
    metrics: tuple[str, int] | None = None


def keep(schedule: Schedule, child: Child, console: Console) -> bool:
    """Make the runs of a schedule until a signal ends it.

    Returns:
        Whether that was Ctrl-C.

    Raises:
        ConfigError: the expression, the zone or the configuration is none, or the folder has another scheduler.
    """
    timetable = Timetable(schedule.cron, schedule.timezone)
    folder = _work(schedule.config_file)
    with ExitStack() as stack:
        try:
            stack.enter_context(alone(folder / _ALONE))
        except BlockingIOError:
            raise ConfigError(
                f"one process keeps a schedule; found another that keeps the one in {folder}: stop it, or set another "
                f"`work` in [retrain]"
            ) from None

        def tell(line: str) -> None:
            say(console, f"{_now():%Y-%m-%d %H:%M:%SZ} schedule: {line}")

        runs = Runs(timetable, folder / STATE, child, _now, tell, schedule.jitter_s)
        reason = "it was asked for" if schedule.once_now else runs.catch_up_reason()
        if reason is not None:
            tell(f"a run begins at once: {reason}")
        clockwork = Clockwork(timetable, runs, at_once=reason is not None)
        if schedule.metrics is not None:
            port = stack.enter_context(served(Exposition(runs), clockwork.is_alive, *schedule.metrics))
            tell(f"metrics on port {port}")
        stop = stack.enter_context(stop_signals())
        with clockwork.going():
            tell(f"'{schedule.cron}' in {schedule.timezone}; the next planned run is {timetable.next_after(_now())}")
            number = stop.wait()
            tell("stopping: a run that goes on is asked to end")
    return number == signal.SIGINT


def _work(config_file: Path) -> Path:
    config = load_config(config_file)
    if config.retrain is None:
        raise ConfigError(
            f"`threefold schedule` needs a configuration with the section [retrain]; found none in {config_file}: add "
            f"it (docs/retraining.md)"
        )
    return Path(config.retrain.work)


def _now() -> datetime:
    return datetime.now(UTC)
