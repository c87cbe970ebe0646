"""`threefold retrain` killed by SIGKILL at every stage, beside one that nobody disturbs, and a service that goes on.

    python -m benchmarks.end_to_end.retrain_kills [--random 10] [--seed 0]

Two places retrain on the same days. In one every start is killed, at the beginning, in the midst and at the end of each
stage and at random moments, until a day has no kill left; a service under traffic follows its registry. After every
kill the registry is read, all its versions are loaded, and the channel names the champion before or the new one. When
a run has come to its end, its decision and the champion's weights are held against those of the undisturbed place. At
last two runs are started at once.
"""

import argparse
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

from benchmarks.child import unwind_on_sigterm
from benchmarks.end_to_end.killed_days import Aim, KilledDays, Kills
from benchmarks.end_to_end.killing import STATES
from benchmarks.end_to_end.retraining import PROMOTED, RUNNING, Retrained, ended
from benchmarks.results_page import replace_section
from training.retraining.stage import Stage

PROMOTING = ("find", "check", "train", "evaluate", "gate", "publish", "promote", "prune", "report")
HOLDING = ("check", "hold", "report")
MOMENTS = ("begun", "midst", "ended")
MIDST_SECONDS = {"train": 3.0, "evaluate": 1.0, "gate": 0.2}
OTHER_SECONDS = 0.02
"""In the midst of a stage is at a random moment within so many seconds of its beginning."""


@dataclass(frozen=True)
class DayOfKills:
    """A day, what is done to its log, and at what moments the runs of it are killed, one start after the other."""

    aims: list[Aim]
    is_faulty: bool = False


def days(num_random: int, random: Random) -> Iterator[DayOfKills]:
    """Every stage at each of its moments, of a day that is promoted and of one that is held; then random moments."""
    for moment in MOMENTS:
        yield DayOfKills([_aim(stage, moment, random) for stage in PROMOTING])
    for moment in MOMENTS:
        yield DayOfKills([_aim(stage, moment, random) for stage in HOLDING], is_faulty=True)
    for first in range(0, num_random, 5):
        yield DayOfKills([Aim("", "", random.random()) for _ in range(min(5, num_random - first))])


def _aim(stage: str, moment: str, random: Random) -> Aim:
    longest = MIDST_SECONDS.get(stage, OTHER_SECONDS) if moment == "midst" else 0.0
    return Aim(stage, moment, random.random() * longest)


def table(kills: Kills) -> list[str]:
    """Kills by stage and moment, as they were aimed and as the killed process noted last."""
    lines = [
        "| stage | aimed at its beginning | its midst | its end | killed while in it | between it and the next |",
        "|---|---|---|---|---|---|",
    ]
    for stage in sorted({*PROMOTING, *HOLDING}, key=lambda each: list(Stage).index(Stage(each))):
        counts = [sum(aim.stage == stage and aim.moment == moment for aim in kills.aims) for moment in MOMENTS]
        counts += [kills.found.count(f"{stage} {state}") for state in STATES]
        lines.append(f"| {stage} | {' | '.join(map(str, counts))} |")
    anywhere = sum(not aim.stage for aim in kills.aims)
    return [*lines, f"| anywhere, at random | | {anywhere} | | at no stage: {kills.found.count('nothing yet')} | |"]


def section(kills: Kills, one: Retrained, other: Retrained) -> str:
    """Everything between the markers."""
    said = str(other.outcome.get("why", other.said.strip())).replace(tempfile.gettempdir() + "/", "")
    same = kills.different or "each with the decision and the champion's weights, byte for byte, of the undisturbed one"
    lines = [
        f"{len(kills.aims)} kills; {kills.num_missed} starts came to their end before they were to be killed.",
        "",
        *table(kills),
        "",
        f"After every kill: registry read, all versions in it loaded, channel at the champion before or the new one: "
        f"{kills.broken or 'always'}. {kills.num_ends} runs came to their end ({kills.num_promoted} promoted, "
        f"{kills.num_held} held), {same}. The service answered {kills.answers:,} requests meanwhile; failed or wrong: "
        f"{kills.num_bad_answers}.",
        "",
        f'Two at once: one ended with {one.code} ({one.decision}), the other with {other.code}: "{said}".',
    ]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--random", type=int, default=10)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    unwind_on_sigterm()
    with tempfile.TemporaryDirectory(prefix="threefold-kills-") as name, KilledDays(Path(name)) as killing:
        for day in days(options.random, Random(options.seed)):
            killing.day(day.aims, day.is_faulty)
        one, other = sorted(map(ended, killing.two_at_once()), key=lambda run: run.code)
        kills = killing.finish()
    text = section(kills, one, other)
    print(text, flush=True)
    is_served = kills.answers and not kills.num_bad_answers
    if kills.broken or kills.different or not is_served or (one.code, other.code) != (PROMOTED, RUNNING):
        sys.exit("a kill left a mark, requests were not answered, or two runs at once were not told apart")
    replace_section("retrain_kills", text)


if __name__ == "__main__":
    main()
