"""What a server costs is what all of its processes cost, also those that it has left or that have left it."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from benchmarks.serving.process_tree import MARK, ProcessTree

BURNT = 0.3
TOLERANCE = 0.05
BURN = f"import time\nwhile time.process_time() < {BURNT}: pass\n"
CHILDREN = f"""
import subprocess, sys, time
children = [subprocess.Popen([sys.executable, "-c", {BURN!r} + "print(1, flush=True); input()"],
                             stdin=subprocess.PIPE, stdout=subprocess.PIPE) for _ in range(2)]
for child in children: child.stdout.readline()
print("burnt", flush=True)
input()
for child in children: child.communicate(b"\\n")
print("ended", flush=True)
input()
"""
ORPHAN = """
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True,
                         stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
print(child.pid, flush=True)
"""


@contextmanager
def started(code: str, mark: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-c", code]
    told = {**os.environ, MARK: mark}
    with subprocess.Popen(command, env=told, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def next_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def test_the_time_of_children_counts_while_they_live_and_after_they_have_ended() -> None:
    with started(CHILDREN, "children") as process:
        assert next_line(process) == "burnt"
        tree = ProcessTree(process.pid)
        alive = tree.cpu_seconds()
        assert len(tree.processes()) == 3
        assert alive >= 2 * BURNT - TOLERANCE
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
        assert next_line(process) == "ended"
        assert tree.processes() == {process.pid}
        assert tree.cpu_seconds() >= alive


def test_what_other_processes_do_does_not_count() -> None:
    with started("print(1, flush=True); input()", "idle") as process:
        next_line(process)
        tree = ProcessTree(process.pid, "idle")
        before = tree.cpu_seconds()
        end = time.process_time() + BURNT
        while time.process_time() < end:
            pass
        assert tree.cpu_seconds() - before < BURNT / 2


def test_a_process_whose_parent_has_ended_is_found_by_its_mark_and_stopped() -> None:
    with started(ORPHAN, "orphan") as process:
        orphan = int(next_line(process))
        process.wait()
        tree = ProcessTree(process.pid, "orphan")
        assert tree.processes() == {orphan}
        assert tree.resident_bytes() > 0
        tree.stop()
        assert not tree.processes()


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="cores are chosen on Linux only")
def test_all_processes_are_kept_on_a_core() -> None:
    with started(CHILDREN, "pinned") as process:
        next_line(process)
        core = min(os.sched_getaffinity(0))
        tree = ProcessTree(process.pid)
        tree.pin(core)
        assert all(os.sched_getaffinity(each) == {core} for each in tree.processes())
