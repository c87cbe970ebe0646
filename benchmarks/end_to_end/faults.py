"""Ten planted faults, each held with the right reason; fifty honest candidates, of which at most two are held.

    python -m benchmarks.end_to_end.faults [--worlds 5] [--days 10]

Faults of a day are written into the newest partition, and `threefold retrain` runs as a process. For faults of a
candidate the process is killed once its version is trained, the version's files are changed, and the same command goes
on, as it does after any kill. Honest candidates are those of worlds of other seeds, each over days that arrive one by
one. Fails where a fault was not held, or for another reason, or where more than two honest candidates were held.
"""

import argparse
import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.child import unwind_on_sigterm
from benchmarks.end_to_end.doctored import CANDIDATE_FAULTS, CandidateFault
from benchmarks.end_to_end.honest import MOST_HELD, honest
from benchmarks.end_to_end.killing import killed_at
from benchmarks.end_to_end.planted import DATA_FAULTS, DataFault, plant
from benchmarks.end_to_end.prepared import WORLD, prepared
from benchmarks.end_to_end.retraining import HELD, PROMOTED, Place, Retrained, label, retrained
from benchmarks.results_page import replace_section
from models.registry import Registry


@dataclass(frozen=True)
class Caught:
    """What became of a planted fault.

    Attributes:
        fault: that was planted.
        run: what `threefold retrain` made of it.
        champion_stays: whether the channel points where it did.
    """

    fault: DataFault | CandidateFault
    run: Retrained
    champion_stays: bool

    @property
    def right(self) -> list[dict[str, Any]]:
        """The observations that are right to hold it."""
        return [each for each in self.run.failed if each["name"] in self.fault.noticed_by]

    @property
    def is_right(self) -> bool:
        """Whether it was held for one of the right reasons, and nothing was promoted."""
        return self.run.code == HELD and self.champion_stays and bool(self.right)


def copied(place: Place, folder: Path) -> Place:
    """The same registry and log in a folder of their own; the work begins anew."""
    shutil.copytree(place.folder, folder, ignore=shutil.ignore_patterns("work"))
    there = Place(folder, folder / "retrain.toml")
    text = there.config.read_text(encoding="utf-8").replace(str(place.folder), str(folder))
    there.config.write_text(text, encoding="utf-8")
    return there


def of_day(place: Place, folder: Path, fault: DataFault) -> Caught:
    """Plant a fault in the newest day, and retrain."""
    there = copied(place, folder)
    newest, before = (sorted((folder / "log").glob("date=*"))[each] / "part-0.parquet" for each in (-1, -2))
    plant(fault, newest, before)
    return caught(fault, there, retrained(there))


def of_candidate(place: Place, folder: Path, fault: CandidateFault) -> Caught:
    """Kill a run before it judges its candidate, change the candidate, and go on.

    Raises:
        RuntimeError: there is no candidate to change.
    """
    there = copied(place, folder)
    process = there.start()
    versions = there.work / "runs"
    if not killed_at(process, there.work, "evaluate"):
        raise RuntimeError(f"retrain ended before it could be killed: {process.returncode}")
    (candidate,) = (file.parent for file in versions.glob("*/candidate/*/manifest.json"))
    fault.doctor(candidate)
    return caught(fault, there, retrained(there))


def caught(fault: DataFault | CandidateFault, place: Place, run: Retrained) -> Caught:
    """What to make of a run."""
    history = Registry(place.registry).history(1_000)
    stays = len([event for event in history if event.action == "promote"]) == 1
    return Caught(fault, run, stays)


def faults(folder: Path) -> list[Caught]:
    """All faults, each in a copy of the same place."""
    place, arriving = prepared(folder / "faults", WORLD)
    arriving.next_day()
    found = []
    every: list[DataFault | CandidateFault] = [*DATA_FAULTS, *CANDIDATE_FAULTS]
    for number, fault in enumerate(every):
        own = folder / f"fault-{number}"
        if isinstance(fault, DataFault):
            found.append(of_day(place, own, fault))
        else:
            found.append(of_candidate(place, own, fault))
        shutil.rmtree(own)
        print(f"{fault.title}: {found[-1].run.decision}, {_seen(found[-1])}", flush=True)
    return found


def fault_table(found: list[Caught]) -> list[str]:
    """A row a fault."""
    lines = ["| fault | decision | noticed by | observed | limit | noticed too |", "|---|---|---|---|---|---|"]
    for each in found:
        first = next(iter([*each.right, *each.run.failed]), {})
        too = ", ".join(dict.fromkeys(label(other) for other in each.run.failed if other["name"] != first["name"]))
        numbers = [f"{first[key]:.3g}" if first else "" for key in ("observed", "limit")]
        lines.append(f"| {each.fault.title} | {each.run.decision} | {label(first)} | {' | '.join(numbers)} | {too} |")
    return lines


def honest_lines(found: list[Retrained]) -> list[str]:
    """How many were held, and why."""
    held = [run for run in found if run.code == HELD]
    reasons = [f"- held: {each['name']} {each['field'] or ''}: {each['reason']}" for run in held for each in run.failed]
    return [f"{len(found)} honest candidates: {len(held)} held, at most {MOST_HELD} may be.", *reasons]


def _seen(each: Caught) -> str:
    if not each.run.failed:
        return f"noticed by nothing: {each.run.said[-1_000:]}"
    wrong = "" if each.is_right else " (NOT THE RIGHT REASON)"
    return "; ".join(f"{seen['name']} {seen['field'] or ''}: {seen['reason']}" for seen in each.run.failed) + wrong


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--worlds", type=int, default=5)
    parser.add_argument("--days", type=int, default=10, help="of each world; a candidate a day")
    options = parser.parse_args()
    unwind_on_sigterm()
    with tempfile.TemporaryDirectory(prefix="threefold-faults-") as name:
        planted = faults(Path(name))
        candidates = honest(Path(name), options.worlds, options.days, lambda said: print(said, flush=True))
    text = "\n".join([*fault_table(planted), "", *honest_lines(candidates)])
    print(text, flush=True)
    missed = [each.fault.title for each in planted if not each.is_right]
    failed = [run.said[-500:] for run in candidates if run.code not in (PROMOTED, HELD)]
    if missed or failed or sum(run.code == HELD for run in candidates) > MOST_HELD:
        sys.exit(f"not held for the right reason: {missed}; failed runs: {failed}; or too many honest ones held")
    replace_section("faults", text)


if __name__ == "__main__":
    main()
