"""The page shows every day with its reason, and each log has a part of its own."""

from pathlib import Path

import pytest

from benchmarks import results_page
from benchmarks.end_to_end.__main__ import logs
from benchmarks.end_to_end.logs import KUAIRAND_FIRST
from benchmarks.end_to_end.page import broken, decisions
from benchmarks.end_to_end.play import Day, Played
from benchmarks.end_to_end.questions import questions
from benchmarks.end_to_end.retraining import HELD, NOTHING_NEW, PROMOTED, Retrained
from benchmarks.results_page import replace_section
from models.config import ModelConfig
from training.simulation import SimulationConfig, simulate

ARRIVED = ["01", "02", "03", "04", "05", "06"]
WINDOWS = {"train": ["02", "03"], "validation": ["05"], "test": ["06"]}
DRIFT = {"name": "drift", "field": "hour", "observed": 1.234, "limit": 0.5, "passed": False, "reason": "moved"}


def test_days_amid_the_windows_that_are_in_none_were_left_out() -> None:
    assert Retrained(PROMOTED, WINDOWS).left_out(ARRIVED) == ("04",)
    assert Retrained(NOTHING_NEW).left_out(ARRIVED) == ()


def test_a_held_day_says_why_and_a_later_one_what_it_left_out() -> None:
    held = Day("04", Retrained(HELD, {"checks": [DRIFT]}), "first")
    later = Day("06", Retrained(PROMOTED, WINDOWS), "second", ("04",))
    for day in (held, later):
        day.versions[day.champion] = 1
    rows = decisions(Played("first", [held, later]))[2:]
    assert "| 04 | held: `drift` of hour (1.23, limit 0.5) |  | `first` |" in rows[0]
    assert "| 06 | promoted | 04 | `second` |" in rows[1]
    assert all(row.count("|") == decisions(Played("first"))[0].count("|") for row in rows)
    assert broken(Played("first", [held, later])) == []


def test_a_run_that_neither_promotes_nor_holds_is_noticed() -> None:
    day = Day("04", Retrained(NOTHING_NEW), "first")
    day.versions["first"] = 1
    assert "nothing new" in broken(Played("first", [day]))[0]


def test_a_part_of_the_page_is_replaced_and_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(results_page, "PAGE", tmp_path / "results.md")
    kept = "# Head\n<!-- e2e -->\nsimulated\n<!-- /e2e -->\nbetween\n"
    page = kept + "<!-- e2e_kuairand -->\n{}<!-- /e2e_kuairand -->\nend\n"
    results_page.PAGE.write_text(page.format(""))
    replace_section("e2e_kuairand", "real\n")
    assert results_page.PAGE.read_text() == page.format("real\n")


def test_either_log_is_played_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KUAIRAND", raising=False)
    assert [log.section for log in logs(None, tmp_path / "a", quick=True)] == ["e2e"]
    with pytest.raises(SystemExit, match="KUAIRAND is not set"):
        list(logs("kuairand", tmp_path, quick=True))
    monkeypatch.setenv("KUAIRAND", str(tmp_path / "recorded"))
    with pytest.raises(SystemExit, match="found 0"):
        list(logs("kuairand", tmp_path / "b", quick=False))
    for day in range(KUAIRAND_FIRST + 3):
        (tmp_path / "recorded" / f"date=2022-05-0{day + 1}").mkdir(parents=True)
    assert [log.section for log in logs("simulated", tmp_path / "c", quick=True)] == ["e2e"]
    (log,) = logs("kuairand", tmp_path / "d", quick=False)
    assert (log.section, log.num_first + log.num_days + log.num_after) == ("e2e_kuairand", KUAIRAND_FIRST + 3)


def test_rows_of_one_context_are_one_request(tmp_path: Path) -> None:
    simulate(SimulationConfig(days=1, impressions_per_day=200, num_users=20, num_items=150), tmp_path)
    (file,) = tmp_path.glob("*/*.parquet")
    features = [
        {"name": "user_id", "kind": "categorical", "scope": "context"},
        {"name": "request_id", "kind": "categorical", "scope": "context"},
        {"name": "item_id", "kind": "categorical", "scope": "candidate"},
    ]
    tasks = [{"name": "click", "kind": "binary", "label": "clicked"}]
    model = ModelConfig.model_validate({"features": features, "tasks": tasks})
    found = questions("2026-01-01", file, model, 5)
    assert len(found) == 5
    assert found[0].first == 0
    assert [each.first + each.num_rows for each in found[:-1]] == [each.first for each in found[1:]]
    assert all(each.message.count(b'"item_id"') == each.num_rows for each in found)
