"""Days that arrive, models that are retrained, and a service under traffic that follows."""

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.commands import QUIET
from benchmarks.end_to_end.arriving import Arriving
from benchmarks.end_to_end.questions import Question, questions
from benchmarks.end_to_end.retraining import PROMOTED, Place, Retrained, retrained
from benchmarks.end_to_end.traffic import Heard, Traffic
from benchmarks.end_to_end.truth_of_versions import Versions
from benchmarks.served import Served, threefold_serve
from models.registry import Registry
from training.config import load_config

QUESTIONS = 60
"""Different requests of a day; each is asked again and again."""
FOLLOW_SECONDS = 60.0
POLL_SECONDS = 0.5
"""Between two looks of the service at its channel."""
SETTLED_SECONDS = 2.0
"""Traffic after a swap, so that every worker has answered."""


@dataclass
class Day:
    """What became of a day.

    Attributes:
        name: such as 2026-01-08.
        retrained: the run after its log had arrived.
        champion: what the channel named after that.
        left_out: days amid those of the run that it did not use, because an earlier one had refused them.
        followed: seconds from the promotion until the service answered with it; None where nothing was promoted.
        versions: good answers by version.
        failures: answers that were none, by what came instead.
        num_checked: answers held against the version that they name: one a request and version.
        wrong: what was not as this version predicts, or named one that was never champion.
        num_alike: those that another champion would have given as well.
    """

    name: str
    retrained: Retrained
    champion: str
    left_out: tuple[str, ...] = ()
    followed: float | None = None
    versions: Counter[str] = field(default_factory=Counter)
    failures: Counter[str] = field(default_factory=Counter)
    num_checked: int = 0
    wrong: list[str] = field(default_factory=list)
    num_alike: int = 0


@dataclass
class Played:
    """The whole play.

    Attributes:
        first: the version that the service began with, which also stays as it is for comparison.
        days: one after the other.
    """

    first: str
    days: list[Day] = field(default_factory=list)


Say = Callable[[str], None]


def first_champion(place: Place) -> str:
    """Train on the days that are there and let it be the champion, as the first run does.

    Raises:
        RuntimeError: it was not promoted.
    """
    run = retrained(place)
    champion = Registry(place.registry).version_of()
    if run.code != PROMOTED or champion is None:
        raise RuntimeError(f"the first run ended with {run.decision}: {run.said[-2_000:]} {run.failed}")
    return champion


def following(place: Place, workers: int = 1) -> Served:
    """A service that follows the place's channel."""
    options = ("--registry", place.registry, "--workers", workers, "--poll-s", POLL_SECONDS)
    return threefold_serve(place.folder / "service.log", *options, environment=QUIET)


def play(place: Place, arriving: Arriving, num_days: int, say: Say, workers: int = 1) -> Played:
    """Let days arrive one by one and retrain after each, while a service under traffic follows the channel.

    Every answer is held against the version that it names.

    Args:
        place: what is retrained; its first champion is there.
        arriving: the log.
        num_days: how many days arrive.
        say: is told of each day.
        workers: of the service.
    """
    registry, model = Registry(place.registry), load_config(place.config).model_part()
    played = Played(registry.version_of() or "")
    versions, champions = Versions(place.registry, arriving.log), [played.first]

    def asked(day: str) -> list[Question]:
        return questions(day, arriving.log / f"date={day}" / "part-0.parquet", model, QUESTIONS)

    with following(place, workers) as served, Traffic(served.port, asked(newest_day(arriving.log))) as traffic:
        for _ in range(num_days):
            name = arriving.next_day()
            run = retrained(place)
            day = Day(name, run, registry.version_of() or "", run.left_out(days_of(arriving.log)))
            if day.champion != champions[-1]:
                champions.append(day.champion)
                day.followed = followed(traffic.heard, registry, day.champion)
            judge(day, traffic.turn(asked(name)), versions, champions)
            played.days.append(day)
            say(line(day))
    judge(played.days[-1], traffic.heard, versions, champions)
    return played


def days_of(log: Path) -> list[str]:
    """Those that are there, in their order."""
    return sorted(folder.name.removeprefix("date=") for folder in log.glob("date=*"))


def newest_day(log: Path) -> str:
    """Of the days that are there."""
    return days_of(log)[-1]


def followed(heard: Heard, registry: Registry, champion: str) -> float | None:
    """Wait until the service answers with the champion, and a little longer.

    Returns:
        Seconds from the promotion to the first answer; None if there never is one.
    """
    began = time.monotonic()
    while champion not in heard.first:
        if time.monotonic() - began > FOLLOW_SECONDS:
            return None
        time.sleep(0.02)
    time.sleep(SETTLED_SECONDS)
    promoted = next(each for each in registry.history() if (each.action, each.version) == ("promote", champion))
    return heard.first[champion] - promoted.at.timestamp()


def judge(day: Day, heard: Heard, versions: Versions, champions: list[str]) -> None:
    """Add what was heard to a day's counts; only its champion and the one before may have answered."""
    allowed = set(champions[-2:])
    day.versions += heard.versions
    day.failures += heard.failures
    day.num_checked += len(heard.answers)
    day.wrong += wrong_pairs(heard, versions, allowed)
    day.num_alike += sum(
        versions.is_right(other, heard.questions[place], answered)
        for (place, version), answered in heard.answers.items()
        for other in allowed - {version}
    )


def wrong_pairs(heard: Heard, versions: Versions, allowed: set[str]) -> list[str]:
    """Of each pair of a question and a version whose answers are not this version's, or that may not have answered."""
    wrong = []
    for (place, version), answered in heard.answers.items():
        found = versions.mismatch(version, heard.questions[place], answered)
        if version not in allowed:
            found = f"{version} has been replaced, and answered"
        if found is not None:
            wrong.append(found)
    return wrong


def line(day: Day) -> str:
    """For whoever watches."""
    shares = ", ".join(f"{number} by {version[-8:]}" for version, number in day.versions.items())
    held = "; ".join(f"{each['name']} {each['field'] or ''}: {each['reason']}" for each in day.retrained.failed)
    wrong = "; ".join([f"{len(day.wrong)} of {day.num_checked} wrong", *day.wrong])
    return (
        f"{day.name}: {day.retrained.decision} in {day.retrained.seconds:.0f} s, champion {day.champion}; "
        f"{shares or 'no traffic'}; {day.failures.total()} failed, {wrong} {held}"
    )
