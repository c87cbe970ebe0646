"""The thread beside the event loop gives way to it, also in a process that gives way to others already."""

import asyncio
import os
import subprocess
import sys
import threading

import pytest

from service.swapping.background import NICENESS, Background

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="a priority of a thread is of Linux")


def niceness() -> int:
    return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())


def test_the_work_gives_way_and_the_event_loop_does_not() -> None:
    before = niceness()
    assert asyncio.run(Background().done(niceness)) == max(before, NICENESS)
    assert niceness() == before


ORDINARY_AND_NICE = f"""
import asyncio, os
from service.swapping.background import Background
if os.geteuid() == 0:
    os.setgid(65534)
    os.setuid(65534)
os.nice({NICENESS + 5} - os.getpriority(os.PRIO_PROCESS, 0))
print(asyncio.run(Background().done(lambda: "done")))
"""


def test_an_ordinary_user_whose_process_is_nicer_still_has_its_work_done() -> None:
    """Started by `nice`, or by a systemd unit with `Nice=`: to be less nice again is for root alone."""
    if niceness() > NICENESS + 5:
        pytest.skip("these tests are nicer than that themselves")
    found = subprocess.run([sys.executable, "-c", ORDINARY_AND_NICE], capture_output=True, text=True)
    assert found.stdout == "done\n", found.stderr
