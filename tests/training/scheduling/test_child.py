"""A child's exit code comes back, SIGTERM reaches it, and what ignores it is killed with all that it started."""

import os
import signal
from pathlib import Path
from threading import Thread

import pytest

from tests.training.scheduling.fakes import script, wait_for
from training.scheduling.child import Child

TERMINATED = 7
POLITE = f"""
import signal, sys, time, pathlib
signal.signal(signal.SIGTERM, lambda *_: sys.exit({TERMINATED}))
pathlib.Path(__file__).with_name("ready").touch()
time.sleep(600)
"""
STUBBORN = """
import os, signal, time, pathlib
signal.signal(signal.SIGTERM, signal.SIG_IGN)
grandchild = os.fork()
if grandchild:
    pathlib.Path(__file__).with_name("ready.part").write_text(str(grandchild))
    pathlib.Path(__file__).with_name("ready.part").rename(pathlib.Path(__file__).with_name("ready"))
time.sleep(600)
"""


@pytest.mark.parametrize("code", [0, 10, 12])
def test_the_exit_code_comes_back_and_the_output_passes_through(
    tmp_path: Path, code: int, capfd: pytest.CaptureFixture[str]
) -> None:
    child = Child([*script(tmp_path, f"import sys; print('said', sys.argv[1]); sys.exit({code})"), "given"], grace_s=1)
    assert child.run() == code
    assert "said given" in capfd.readouterr().out


def stopped(folder: Path, text: str, grace_s: float) -> int:
    """The exit code of a script that is told to stop when it is ready."""
    child = Child(script(folder, text), grace_s)
    codes: list[int] = []
    thread = Thread(target=lambda: codes.append(child.run()))
    thread.start()
    wait_for((folder / "ready").exists)
    child.stop()
    thread.join()
    return codes[0]


def test_a_child_has_time_to_end_in_its_own_way(tmp_path: Path) -> None:
    assert stopped(tmp_path, POLITE, grace_s=60) == TERMINATED


def test_a_child_that_will_not_end_is_killed_with_its_own_children(tmp_path: Path) -> None:
    assert stopped(tmp_path, STUBBORN, grace_s=0.05) == -signal.SIGKILL
    grandchild = int((tmp_path / "ready").read_text())
    wait_for(lambda: not _runs(grandchild))


def test_a_child_that_ends_just_before_it_would_be_killed_has_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kill = os.killpg

    def too_late(group: int, number: int) -> None:
        kill(group, number)
        raise ProcessLookupError

    monkeypatch.setattr(os, "killpg", too_late)
    assert stopped(tmp_path, STUBBORN, grace_s=0.05) == -signal.SIGKILL


def _runs(process: int) -> bool:
    """A process that has ended may still be in the list until its new parent asks for its exit code."""
    try:
        os.kill(process, 0)
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (ProcessLookupError, FileNotFoundError):
        return False
