"""A process is killed at the stage that it notes, and not by the note of another one."""

import json
import subprocess
import sys
from pathlib import Path

from benchmarks.end_to_end.arriving import RecordedDays
from benchmarks.end_to_end.killing import current, killed, killed_at, position

SCRIPT = """
import json, os, sys, time
from pathlib import Path
note = Path(sys.argv[1]) / "current.json"
for stage in ("find", "train", "publish"):
    for state in ("begun", "ended"):
        beside = note.with_name("beside")
        beside.write_text(json.dumps({"pid": os.getpid(), "stage": stage, "state": state}))
        beside.rename(note)
        time.sleep(0.2)
"""


def started(work: Path) -> "subprocess.Popen[str]":
    return subprocess.Popen([sys.executable, "-c", SCRIPT, str(work)], text=True)


def test_it_dies_in_the_stage_that_was_asked_for(tmp_path: Path) -> None:
    assert killed_at(started(tmp_path), tmp_path, "train", "ended")
    assert (current(tmp_path)["stage"], current(tmp_path)["state"]) == ("train", "ended")


def test_a_note_that_was_not_seen_is_told_by_a_later_one(tmp_path: Path) -> None:
    assert killed_at(started(tmp_path), tmp_path, "evaluate")
    assert position(current(tmp_path)) >= position({"stage": "evaluate", "state": "begun"})
    assert current(tmp_path)["stage"] == "publish"


def test_the_note_of_another_process_kills_nobody(tmp_path: Path) -> None:
    note = {"pid": 1, "stage": "report", "state": "begun"}
    (tmp_path / "current.json").write_text(json.dumps(note))
    assert not killed_at(started(tmp_path), tmp_path, "report")
    assert current(tmp_path)["stage"] == "publish"


def test_a_process_at_its_end_was_not_killed(tmp_path: Path) -> None:
    process = started(tmp_path)
    process.wait()
    assert not killed(process)
    assert current(tmp_path / "elsewhere") == {}


def test_recorded_days_arrive_in_their_order_and_whole(tmp_path: Path) -> None:
    for day in ("2022-04-26", "2022-04-25"):
        (tmp_path / "recorded" / f"date={day}").mkdir(parents=True)
        (tmp_path / "recorded" / f"date={day}" / "part-0.parquet").write_text(day)
    arriving = RecordedDays(tmp_path / "here", tmp_path / "recorded")
    arriving.begin(1)
    assert [each.name for each in arriving.log.iterdir()] == ["date=2022-04-25"]
    assert arriving.next_day() == "2022-04-26"
    assert (arriving.log / "date=2022-04-26" / "part-0.parquet").read_text() == "2022-04-26"
    assert len(arriving) == 0
