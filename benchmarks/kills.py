"""Does a training that is killed again and again end with the weights of one that never was?

    python -m benchmarks.kills [--kills 20] [--seed 0]

`threefold train` on a small simulated log, as a process, killed by SIGKILL at random moments and started again by the
same command: anywhere between its start and its end, and aimed at the writing of a state, of the best weights (which
follow a look at the validation window) and of the version, and at the evaluation. When a training gets to its end the
next one begins anew, until there were kills enough. Every version's weights and history are compared with those of a
training that nobody disturbed, but for what is of the clock. What a state costs to write: see benchmarks/state_cost.py.
"""

import argparse
import json
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from benchmarks.child import unwind_on_sigterm
from benchmarks.killed_process import Aim, Doing, Pace, Place, Process
from benchmarks.results_page import replace_section
from benchmarks.state_cost import cost_table
from models.checkpoint import WEIGHTS
from training.reporting import METRICS
from training.simulation import SimulationConfig, simulate

CONFIG = Path(__file__).parent.parent / "examples" / "simulated.toml"
DAYS, ROWS_A_DAY = 5, 20_000
TRAINING = """[training]
max_epochs = 2
batch_size = 512
patience = 100
num_threads = 1
resume = { every_steps = 20 }

[model.embedding]
dropout = 0.1

[model.trunk]
kind = "mmoe"
expert = { widths = [32], dropout = 0.1 }
"""
AIMS: dict[Aim, int] = {
    "anywhere": 10,
    "writing a state": 4,
    "writing the best weights": 2,
    "evaluating": 2,
    "writing a version": 2,
}
"""How many of twenty kills are aimed at what."""


@dataclass
class Kills:
    """What became of all starts.

    Attributes:
        aims: of each kill.
        doing: what each killed process was doing.
        num_found: starts that found a state and lived to use it.
        num_resumed: those of them that went on from it.
        num_ends: trainings that came to their end.
        different: how the first of these differs that does.
    """

    aims: list[Aim] = field(default_factory=list)
    doing: list[Doing] = field(default_factory=list)
    num_found: int = 0
    num_resumed: int = 0
    num_ends: int = 0
    different: str = ""


def configuration(folder: Path) -> Path:
    """The example with a small network, dropout, and states that are written often."""
    head, found, rest = CONFIG.read_text(encoding="utf-8").partition("[training]\n")
    assert found, f"{CONFIG} has a section [training]"
    file = folder / "kills.toml"
    file.write_text(head + TRAINING + "\n" + rest[rest.index("[evaluation]") :], encoding="utf-8")
    return file


def aims(num_kills: int, random: Random) -> Iterator[Aim]:
    """What kills are aimed at, in a random order; twenty at a time hold each aim as often as it is to come."""
    twenty = [aim for aim, number in AIMS.items() for _ in range(number)]
    for first in range(0, num_kills, len(twenty)):
        random.shuffle(twenty)
        yield from twenty[: num_kills - first]


def killed(place: Place, expected: Path, pace: Pace, num_kills: int, random: Random) -> Kills:
    """Start, kill and start again, until there were kills enough and the last training is at its end."""
    kills = Kills()
    waiting = aims(num_kills, random)
    aim = next(waiting, None)
    is_over = False
    while aim is not None or not is_over:
        has_state = any(place.states.glob("*/state-*"))
        process = Process(place)
        version = process.run() if aim is None else process.run_until(aim, random.random(), pace)
        if has_state and (version is not None or process.doing() != "before its first step"):
            kills.num_found += 1
            kills.num_resumed += process.has_resumed
        is_over = version is not None
        if version is not None:
            kills.num_ends += 1
            print(f"training {kills.num_ends} came to its end", flush=True)
            kills.different = kills.different or difference(version, expected)
        elif aim is not None:
            kills.aims.append(aim)
            kills.doing.append(process.doing())
            print(f"kill {len(kills.aims)}: aimed at {aim}, was {kills.doing[-1]}", flush=True)
            aim = next(waiting, None)
    if kills.num_found and not kills.num_resumed:
        kills.different = kills.different or "no start went on from the state that it found"
    return kills


def difference(version: Path, expected: Path) -> str:
    """What is not the same in two versions that should be; empty where all is."""
    if (version / WEIGHTS).read_bytes() != (expected / WEIGHTS).read_bytes():
        return f"{WEIGHTS} differs"
    numbers, wanted = (json.loads((each / METRICS).read_text()) for each in (version, expected))
    for each in (numbers, wanted):
        for clocked in ("seconds", "waited_seconds"):
            each["history"].pop(clocked, None)
    return next((f"{part} of {METRICS} differs" for part in wanted if numbers[part] != wanted[part]), "")


def section(kills: Kills, size: str) -> Iterator[str]:
    yield f"{size}\n"
    yield "| | kills aimed at it | processes killed while at it |\n|---|---|---|"
    aimed, hit = Counter[str](kills.aims), Counter[str](kills.doing)
    yield from (f"| {what} | {aimed[what] or ''} | {hit[what] or ''} |" for what in dict.fromkeys([*aimed, *hit]))
    ends = kills.different or "with weights, byte for byte, metrics and history of the undisturbed one"
    starts = f"{kills.num_resumed} of the {kills.num_found} starts that found a state went on from it"
    yield f"\n{starts}. {kills.num_ends} trainings came to their end, {ends}.\n"
    yield from cost_table()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    unwind_on_sigterm()
    with tempfile.TemporaryDirectory(prefix="threefold-kills-") as name:
        folder = Path(name)
        simulate(SimulationConfig(days=DAYS, impressions_per_day=ROWS_A_DAY), folder / "logs")
        config = configuration(folder)
        undisturbed = Process(Place(folder / "undisturbed", config, folder / "logs"))
        expected = undisturbed.run()
        num_steps = json.loads((expected / METRICS).read_text())["history"]["num_steps"]
        place = Place(folder / "killed", config, folder / "logs")
        kills = killed(place, expected, undisturbed.pace, options.kills, Random(options.seed))
    size = f"{options.kills} kills; {DAYS} days of {ROWS_A_DAY:,} impressions, {num_steps} steps, a state every 20."
    text = "\n".join(section(kills, size))
    print(text)
    if kills.different:
        sys.exit(f"a killed training ended otherwise: {kills.different}")
    replace_section("kills", text)


if __name__ == "__main__":
    main()
