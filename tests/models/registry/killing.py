"""Writers that are killed, and writers that meet. Run as a program: a process of its own can fork without fear.

    python -m tests.models.registry.killing steps|kills|race FOLDER

`steps` kills each kind of change before every single thing that it does to the disk; `kills` kills at moments that
nobody chose; `race` lets several write at once. Each prints what it saw as JSON, and ends with an error where a law
broke.
"""

import json
import os
import random
import shutil
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from io import IOBase
from pathlib import Path
from time import sleep
from types import ModuleType
from typing import Any

from models.checksums import verify_listed
from models.errors import RegistryError
from models.manifest import MANIFEST, read_manifest
from models.registry import Registry, State
from tests.models.registry.made import assert_history_is_whole, make, name

VERSIONS = 6
KILLS = 40
WRITERS, ROUNDS = 3, 60
TOUCHES = {"write", "sendfile", "fsync", "link", "rename", "replace", "unlink", "mkdir", "rmdir"}
"""Calls into the system that change a disk, or make sure of a change."""


def steps(folder: Path) -> dict[str, int]:
    """Each change, killed before its first touch of the disk, then before its second, until it ends unharmed."""
    survived = {}
    for action, prepare, change in _changes(folder / "made"):
        for step in range(1, 1000):
            registry = Registry(folder / f"{action}-{step}")
            prepare(registry)
            before = registry.state()
            if not _killed(lambda at=step, on=registry, does=change: _dies_before(at, lambda: does(on))):
                break
            _check(registry)
            told = registry.state()
            change(registry)
            _check(registry)
            assert told in (before, registry.state()) or action == "prune", (action, step)  # a prune is many events
            _check_end(action, registry)
            shutil.rmtree(registry.place)
        survived[action] = step - 1
    return survived


def _changes(made: Path) -> list[tuple[str, Callable[[Registry], None], Callable[[Registry], Any]]]:
    begun, version = made.parent / "begun", make(made, 9)
    for number in range(1, VERSIONS + 1):
        make(begun, number)
    for number in (2, 3, 4):
        Registry(begun).promote(name(number), who="before")

    def full(registry: Registry) -> None:
        shutil.copytree(begun, registry.place)

    def roll_back(registry: Registry) -> None:
        if registry.version_of() != name(3):  # whoever was killed looks whether it is done
            registry.rollback(who="killed", to=name(3))

    return [
        ("publish", full, lambda registry: registry.publish(version, who="killed")),
        ("promote", full, lambda registry: registry.promote(name(5), who="killed", expected=name(4))),
        ("rollback", full, roll_back),
        ("pin", full, lambda registry: registry.pin(name(1), who="killed")),
        ("prune", full, lambda registry: registry.prune(2, who="killed")),
    ]


def _check_end(action: str, registry: Registry) -> None:
    """What the change was for."""
    state, versions = registry.state(), registry.versions()
    assert {
        "publish": name(9) in versions,
        "promote": state.channels["production"].version == name(5),
        "rollback": state.channels["production"].version == name(3),
        "pin": state.pins == (name(1),),
        "prune": versions == [name(number) for number in (3, 4, 5, 6)],
    }[action], action
    left = [path.name for path in Path(registry.place).iterdir() if path.name.endswith(".pruned")]
    assert not left, left


def kills(folder: Path) -> dict[str, int]:
    """A writer that does anything at all, killed at any moment, again and again."""
    registry, chance = Registry(folder / "registry"), random.Random(7)
    numbers = range(1, VERSIONS + 1)
    made = [make(folder / "made", number) for number in numbers]
    for version in made:
        registry.publish(version, who="before")
    registry.promote(name(1), who="before")
    for kill in range(KILLS):
        head = registry.head()
        child = _fork(lambda seed=kill: _anything(registry, made, seed))
        while registry.head() == head:
            sleep(0.001)
        sleep(chance.uniform(0, 0.06))
        os.kill(child, signal.SIGKILL)
        assert os.waitpid(child, 0)[1] == signal.SIGKILL
        _check(registry)
        number = registry.publish(made[-1], who="after") and registry.head()
        registry.hold(name(1), who="after", why="it goes on")
        assert registry.head() == number + 1
    actions = [event.action for event in registry.history() if event.who == "killed"]
    return {action: actions.count(action) for action in sorted(set(actions))}


def _anything(registry: Registry, made: list[Path], seed: int) -> None:
    chance, who = random.Random(seed), "killed"
    while True:
        version = chance.choice(made)
        with suppress(RegistryError):
            chance.choice(
                [
                    lambda v=version: registry.publish(v, who=who),
                    lambda v=version: registry.promote(v.name, who=who),
                    lambda v=version: registry.promote(v.name, who=who),
                    lambda: registry.rollback(who=who),
                    lambda: registry.prune(2, who=who),
                ]
            )()


def race(folder: Path) -> dict[str, int]:
    """Several at once, each judging by the champion that it saw; what one says it did is in the history once."""
    registry = Registry(folder / "registry")
    for number in range(1, VERSIONS + 1):
        make(folder / "registry", number)
    children = [_fork(lambda who=f"w{n}": _judge_and_promote(registry, folder, who)) for n in range(WRITERS)]
    assert [os.waitpid(child, 0)[1] for child in children] == [0] * WRITERS
    assert_history_is_whole(registry)
    states = {0: State(), **{event.number: event.state for event in registry.history()}}
    done, refused = {}, 0
    for writer in range(WRITERS):
        said = json.loads((folder / f"w{writer}.json").read_text())
        refused += said["refused"]
        for number, expected in said["done"]:
            assert number not in done
            assert states[number - 1].version_of("production") == expected  # nothing came between
            done[number] = f"w{writer}"
    assert done == {event.number: event.who for event in registry.history()}
    copy = json.loads((folder / "registry" / "channels" / "production.json").read_text())
    assert copy["version"] == registry.version_of()
    return {"events": len(done), "refused": refused}


def _judge_and_promote(registry: Registry, folder: Path, who: str) -> None:
    chance, done, refused = random.Random(who), [], 0
    for _ in range(ROUNDS):
        champion = registry.version_of()
        version = name(chance.choice([n for n in range(1, VERSIONS + 1) if name(n) != champion]))
        try:
            event = registry.promote(version, who=who, expected=champion)
        except RegistryError as error:
            assert "judged against" in str(error)  # noqa: PT017 - no test, a child of one
            refused += 1
            continue
        if event.who == who and event.number not in [number for number, _ in done]:
            done.append((event.number, champion))
    (folder / f"{who}.json").write_text(json.dumps({"done": done, "refused": refused}))


def _check(registry: Registry) -> None:
    """What holds after any kill."""
    assert_history_is_whole(registry)
    for file in Path(registry.place).glob(f"*/{MANIFEST}"):
        if not file.parent.name.startswith("."):
            manifest = read_manifest(file.parent)
            verify_listed(file.parent, manifest, manifest.files)
    state = registry.state()
    assert state.protected() <= set(registry.versions())
    newest = json.loads((Path(registry.place) / "channels" / "production.json").read_text())
    assert newest["version"] in {event.version for event in registry.history()}


def _dies_before(step: int, change: Callable[[], Any]) -> None:
    left = step

    def hook(_: object, event: str, called: Any) -> None:
        nonlocal left
        if event == "c_call" and called.__name__ in TOUCHES and isinstance(called.__self__, ModuleType | IOBase):
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.setprofile(hook)
    change()


def _killed(does: Callable[[], None]) -> bool:
    status = os.waitpid(_fork(does), 0)[1]
    assert status in (0, signal.SIGKILL), status
    return status != 0


def _fork(does: Callable[[], None]) -> int:
    child = os.fork()
    if child == 0:
        code = 1
        try:
            does()
            code = 0
        except BaseException:
            sys.excepthook(*sys.exc_info())  # type: ignore[arg-type]
        finally:
            os._exit(code)
    return child


if __name__ == "__main__":
    sys.stdout.write(json.dumps({"steps": steps, "kills": kills, "race": race}[sys.argv[1]](Path(sys.argv[2]))))
