"""Days whose retraining is killed again and again, in a place of their own beside an undisturbed one."""

import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from types import TracebackType
from typing import Self

from benchmarks.end_to_end import configuration
from benchmarks.end_to_end.arriving import SimulatedDays
from benchmarks.end_to_end.killing import Process, current, killed, killed_at
from benchmarks.end_to_end.planted import DataFault, flipped_labels, plant
from benchmarks.end_to_end.play import QUESTIONS, first_champion, followed, following, newest_day, wrong_pairs
from benchmarks.end_to_end.questions import questions
from benchmarks.end_to_end.retraining import HELD, NOTHING_NEW, PROMOTED, Place, Retrained, retrained
from benchmarks.end_to_end.traffic import Heard, Traffic
from benchmarks.end_to_end.truth_of_versions import Versions
from models.checkpoint import WEIGHTS, load_checkpoint
from models.errors import ThreefoldError
from models.registry import Registry
from training.config import load_config
from training.simulation import SimulationConfig

FIRST_DAYS = 4
WORLD = SimulationConfig(
    start_date=date(2026, 1, 1), impressions_per_day=6_000, num_users=800, num_items=200, click_rate=0.2,
    conversion_rate=0.2, drift_per_day=0.03,
)  # fmt: skip
FAULT = DataFault("flipped labels", flipped_labels, frozenset())


@dataclass(frozen=True)
class Aim:
    """When a run is to be killed.

    Attributes:
        stage: that it is in; empty for anywhere.
        moment: begun, midst or ended.
        after: seconds after the stage's beginning; for anywhere a share of an undisturbed run.
    """

    stage: str
    moment: str
    after: float


@dataclass
class Kills:
    """What became of all starts.

    Attributes:
        aims: of those that were killed.
        found: what each of them noted last, such as "train begun"; "nothing yet" before the first note.
        num_missed: starts that came to their end before.
        num_promoted: days that ended so.
        num_held: days that ended so.
        broken: the first thing that was not as it should be after a kill.
        different: how the first day that differs from the undisturbed place does.
        answers: of the service.
        num_bad_answers: that failed, or were not what their version predicts.
    """

    aims: list[Aim] = field(default_factory=list)
    found: list[str] = field(default_factory=list)
    num_missed: int = 0
    num_promoted: int = 0
    num_held: int = 0
    broken: str = ""
    different: str = ""
    answers: int = 0
    num_bad_answers: int = 0

    @property
    def num_ends(self) -> int:
        """Days whose run came to its end."""
        return self.num_promoted + self.num_held


class KilledDays:
    """Two places that retrain on the same log, and a service of the one that is killed.

    Args:
        folder: takes everything.
    """

    def __init__(self, folder: Path) -> None:
        self._arriving = SimulatedDays(folder, WORLD)
        self._undisturbed, self._killed = (self._place(folder / name) for name in ("undisturbed", "killed"))
        self._registry = Registry(self._killed.registry)
        self._kills = Kills()
        self._whole_seconds = 0.0

    def _place(self, folder: Path) -> Place:
        folder.mkdir()
        place = Place(folder, folder / "retrain.toml")
        settings = configuration.simulated(inference={"graphs": False})
        settings["training"] |= {"resume": {"every_steps": 10}}
        configuration.written(settings, self._arriving.log, place.section(train_window="4d", keep=3), place.config)
        return place

    def __enter__(self) -> Self:
        self._arriving.begin(FIRST_DAYS)
        for place in (self._undisturbed, self._killed):
            first_champion(place)
        model = load_config(self._killed.config).model_part()
        day = newest_day(self._arriving.log)
        asked = questions(day, self._arriving.log / f"date={day}" / "part-0.parquet", model, QUESTIONS)
        self._champions, self._versions = [self._champion], Versions(self._killed.registry, self._arriving.log)
        with ExitStack() as stack:
            service = stack.enter_context(following(self._killed))
            self._traffic = stack.enter_context(Traffic(service.port, asked, clients=2, rate=20.0))
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._stack.close()

    @property
    def _champion(self) -> str:
        return self._registry.version_of() or ""

    def day(self, aims: list[Aim], is_faulty: bool) -> None:
        """A day arrives; its run is killed at each of the moments, and then left alone; a faulty day is mended then."""
        name = self._arriving.next_day()
        file, before = (self._arriving.log / f"date={each}" / "part-0.parquet" for each in (name, self._before()))
        honest = file.read_bytes()
        if is_faulty:
            plant(FAULT, file, before)
        began = time.monotonic()
        undisturbed = retrained(self._undisturbed)
        self._whole_seconds = time.monotonic() - began
        champion, head = self._champion, self._registry.head()
        for aim in aims:
            process = self._killed.start()
            if self._is_killed(process, aim):
                self._kills.aims.append(aim)
                noted = current(self._killed.work)
                is_own = noted.get("pid") == process.pid
                self._kills.found.append(f"{noted['stage']} {noted['state']}" if is_own else "nothing yet")
            else:
                self._kills.num_missed += 1
            self._look(f"{name}, killed at {aim}", champion)
        last = retrained(self._killed)
        self._compare(name, undisturbed.code, head, last)
        self._hear(name)
        if is_faulty:
            file.write_bytes(honest)
        print(
            f"{name}: {len(aims)} starts to kill, then {last.decision}; undisturbed {undisturbed.decision}", flush=True
        )

    def two_at_once(self) -> tuple[Process, Process]:
        """Two runs of one more day, started one right after the other."""
        self._arriving.next_day()
        return self._killed.start(), self._killed.start()

    def finish(self) -> Kills:
        """What became of everything; the service ends."""
        self._hear("at last")
        self._stack.close()
        self._count(self._traffic.heard)
        return self._kills

    def _hear(self, when: str) -> None:
        """The service followed, and every answer since the last time was of a version that may have answered."""
        if self._champion != self._champions[-1]:
            self._champions.append(self._champion)
            if followed(self._traffic.heard, self._registry, self._champion) is None:
                self._kills.broken = self._kills.broken or f"{when}: the service did not follow"
        self._count(self._traffic.turn(self._traffic.heard.questions))

    def _count(self, heard: Heard) -> None:
        bad = heard.failures.total() + len(wrong_pairs(heard, self._versions, set(self._champions[-2:])))
        self._kills.answers += heard.versions.total()
        self._kills.num_bad_answers += bad

    def _before(self) -> str:
        return sorted(folder.name for folder in self._arriving.log.glob("date=*"))[-2].removeprefix("date=")

    def _is_killed(self, process: Process, aim: Aim) -> bool:
        if aim.stage:
            state = "ended" if aim.moment == "ended" else "begun"
            return killed_at(process, self._killed.work, aim.stage, state, aim.after)
        time.sleep(aim.after * self._whole_seconds)
        return killed(process)

    def _look(self, when: str, before: str) -> None:
        """The registry is whole, and what it names can be served."""
        try:
            self._registry.history(1_000)
            for version in self._registry.versions():
                load_checkpoint(self._registry.place_of(version))
            champion = self._champion
            load_checkpoint(self._registry.place_of(champion))
        except (ThreefoldError, OSError, ValueError) as error:
            self._kills.broken = self._kills.broken or f"{when}: {error}"
            return
        newest = self._registry.versions()[-1]
        if champion not in (before, newest):
            self._kills.broken = self._kills.broken or f"{when}: the channel points at {champion}"

    def _compare(self, name: str, undisturbed: int, head: int, last: Retrained) -> None:
        """The day's one decision, and the champion's weights, are those of the undisturbed place."""
        events = self._registry.history(self._registry.head() - head)
        ends = [event.action for event in events if event.action in ("promote", "hold")]
        expected = {PROMOTED: "promote", HELD: "hold"}.get(undisturbed, "")
        self._kills.num_promoted += ends == ["promote"]
        self._kills.num_held += ends == ["hold"]
        weights = [(place.registry / (Registry(place.registry).version_of() or "") / WEIGHTS).read_bytes()
                   for place in (self._undisturbed, self._killed)]  # fmt: skip
        if ends != [expected] or last.code not in (undisturbed, NOTHING_NEW):
            found = f"{name}: the history has {ends} and the last run ended with {last.code}, undisturbed {undisturbed}"
            self._kills.different = self._kills.different or f"{found}: {last.said[-500:]}"
        elif weights[0] != weights[1]:
            self._kills.different = self._kills.different or f"{name}: other weights"
