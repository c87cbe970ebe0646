"""Processor time a request of ours, of the baseline and of each peer, in turns."""

import statistics
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.served import NotStartedError
from benchmarks.serving.asked import Asked
from benchmarks.serving.extent import Extent
from benchmarks.serving.forms import FORMS, Form
from benchmarks.serving.running import Running, started
from benchmarks.serving.system import ECHO, System, baseline, echo, ours, peers
from benchmarks.serving.turn import Turn, WrongAnswerError, turn

REDUCED_FORMS = ("split_rows", "split_columns", "rows")
BESIDE_PEERS = ("split_rows", "v2_json", "v2_binary")
ANSWER_BYTES_A_ROW = 90
FAILURES = (NotStartedError, WrongAnswerError, OSError, TimeoutError)


@dataclass
class Measured:
    """A server asked in a form.

    Attributes:
        system: the server.
        form: in which it is asked.
        deviation: largest relative difference from the training network's answers; 0 for the echo.
        turns: one a round.
        over_baseline: processor time of the baseline's turn over its own, a round each: higher is better.
    """

    system: System
    form: Form
    deviation: float
    turns: list[Turn] = field(default_factory=list)
    over_baseline: list[float] = field(default_factory=list)

    @property
    def ratio(self) -> float:
        """The median over the rounds."""
        return statistics.median(self.over_baseline)

    def median(self, name: str) -> float:
        """The median over the turns of one of their numbers."""
        return statistics.median(getattr(each, name) for each in self.turns)


@dataclass
class Ratios:
    """What all groups measured.

    Attributes:
        ours: the baseline, the echo, and ours in all forms.
        peers: by peer, what was measured while its servers were up: the baseline, ours once more, and both of its own.
        failed: why a server is not in a table, by its title.
    """

    ours: list[Measured] = field(default_factory=list)
    peers: dict[str, list[Measured]] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)


def measured_ratios(
    checkpoint: Path, asked: Asked, precisions: Sequence[str], extent: Extent, only: Sequence[str]
) -> Ratios:
    """All groups, one after the other: ours, then each of the peers in `only`."""
    found = Ratios()
    group = Group(checkpoint, asked, extent, found.failed)
    reduced = [ours(precision, [FORMS[name] for name in REDUCED_FORMS]) for precision in precisions]
    bare = echo(ANSWER_BYTES_A_ROW * len(asked.questions[0].candidates))
    found.ours = group.measured([bare, ours("float32", list(FORMS.values())), *reduced])
    for peer in only:
        exact = ours("float32", [FORMS[name] for name in BESIDE_PEERS])
        found.peers[peer] = group.measured([exact, *peers()[peer]])
    return found


@dataclass(frozen=True)
class Place:
    """A server that runs, and what it is asked in a form."""

    measured: Measured
    running: Running
    messages: list[bytes]


class Group:
    """Servers that are up at the same time and take turns with the baseline.

    Args:
        checkpoint: that all of them serve.
        asked: of all of them.
        extent: of the measurement.
        failed: takes why a server is left out, by its title.
    """

    def __init__(self, checkpoint: Path, asked: Asked, extent: Extent, failed: dict[str, str]) -> None:
        self._checkpoint = checkpoint
        self._asked = asked
        self._extent = extent
        self._failed = failed

    def measured(self, systems: Sequence[System]) -> list[Measured]:
        """All turns of the baseline, which is the first one, and of those that start and answer right.

        Raises:
            NotStartedError: the baseline does not; without it there is no ratio.
        """
        with ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            places = self._admitted(stack, baseline(), folder)
            if not places:
                raise NotStartedError(f"the baseline: {self._failed}")
            for system in systems:
                places += self._admitted(stack, system, folder)
            for _ in range(self._extent.rounds):
                self._round(places)
        return [place.measured for place in places if place.measured.turns]

    def _admitted(self, stack: ExitStack, system: System, folder: Path) -> list[Place]:
        probe = system.forms[0].message(self._asked.questions[0])
        try:
            running = stack.enter_context(started(system, self._checkpoint, probe, folder))
        except FAILURES as error:
            self._leave_out(system.title, error)
            return []
        found = []
        for form in system.forms:
            try:
                deviation = 0.0 if system.title == ECHO else self._asked.check(running, form, system.tolerance)
            except FAILURES as error:
                self._leave_out(f"{system.title}, {form.title}", error)
            else:
                found.append(Place(Measured(system, form, deviation), running, self._asked.messages(form)))
        return found

    def _round(self, places: Sequence[Place]) -> None:
        for place in places:
            measured = place.measured
            try:
                now = turn(place.running, place.messages, self._extent.turn_seconds)
            except FAILURES as error:
                if place is places[0]:
                    raise
                self._leave_out(f"{measured.system.title}, {measured.form.title}", error)
                continue
            measured.turns.append(now)
            measured.over_baseline.append(places[0].measured.turns[-1].cpu / now.cpu)
            print(
                f"{measured.system.title}, {measured.form.title}: {now.cpu * 1e6:,.0f} us, "
                f"{measured.over_baseline[-1]:.2f}x of (a)",
                flush=True,
            )

    def _leave_out(self, title: str, error: Exception) -> None:
        self._failed[title] = str(error)
        print(f"left out: {title}: {error}", flush=True)
