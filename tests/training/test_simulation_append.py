"""Days that are appended are those that one run would have written."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from models.cli import build
from models.errors import DataError
from training.simulation import SimulationConfig, append_days, logs, simulate

ONE_BY_ONE = {"impressions_per_day": 3_000, "num_users": 200, "num_items": 150, "seed": 5, "click_rate": 0.2}


def config(days: int, **changes: object) -> SimulationConfig:
    return SimulationConfig.model_validate({"days": days, **ONE_BY_ONE, **changes})


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def at_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("at_once") / "logs"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(logs, "CHUNK_ROWS", 1_000)
        simulate(config(5), folder)
    return folder


def test_a_log_appended_day_by_day_is_the_log_made_at_once_bit_for_bit(
    at_once: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logs, "CHUNK_ROWS", 1_000)
    simulate(config(1), tmp_path)
    assert append_days(tmp_path, 1) == 6_000
    assert append_days(tmp_path, 2) == 12_000
    assert append_days(tmp_path, 1) == 15_000
    assert contents(tmp_path) == contents(at_once)


@pytest.mark.parametrize("changes", [{"history_length": 0}, {"history_length": 2}, {"click_rate": 1e-5}])
def test_it_is_so_for_any_length_of_history_and_without_any_click(tmp_path: Path, changes: dict[str, object]) -> None:
    simulate(config(3, **changes), tmp_path / "one")
    simulate(config(1, **changes), tmp_path / "two")
    append_days(tmp_path / "two", 2)
    assert contents(tmp_path / "one") == contents(tmp_path / "two")


def test_what_a_killed_run_left_is_written_anew(at_once: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "CHUNK_ROWS", 1_000)
    simulate(config(3), tmp_path)

    def die(day: int, days: int, rows: int) -> None:
        if rows > 12_000:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        append_days(tmp_path, 2, progress=die)
    assert (tmp_path / "date=2026-01-04").is_dir()
    append_days(tmp_path, 2)
    assert contents(tmp_path) == contents(at_once)


def test_a_day_that_is_gone_is_named(tmp_path: Path) -> None:
    simulate(config(3), tmp_path)
    (tmp_path / "date=2026-01-02" / "part-0.parquet").unlink()
    with pytest.raises(DataError, match=r"date=2026-01-02.*restore it"):
        append_days(tmp_path, 1)


@pytest.mark.parametrize("text", [None, "{}", "no JSON", '{"format_version": 99}'])
def test_days_are_appended_to_a_finished_simulation_only(tmp_path: Path, text: str | None) -> None:
    if text is not None:
        (tmp_path / "_world.json").write_text(text)
    with pytest.raises(DataError, match="appended to a finished simulation"):
        append_days(tmp_path, 1)


def test_the_command_appends_to_the_world_that_is_there(tmp_path: Path) -> None:
    folder, size = str(tmp_path / "logs"), ["--impressions-per-day", "500", "--users", "50", "--items", "150"]
    run, app = CliRunner().invoke, build()
    start = ["--start-date", "2026-03-30"]
    assert run(app, ["simulate", folder, "--days", "2", *size, *start]).exit_code == 0
    assert run(app, ["simulate", folder, "--days", "1", "--append"]).exit_code == 0
    assert run(app, ["simulate", folder, "--days", "1", "--append", *size, *start]).exit_code == 0
    assert [path.name for path in sorted((tmp_path / "logs").glob("date=*"))] == [
        f"date=2026-{day}" for day in ("03-30", "03-31", "04-01", "04-02")
    ]
    for more, said in ((["--seed", "1"], "whose seed is 0"), (["--overwrite"], "give one of them")):
        refused = run(app, ["simulate", folder, "--append", *more])
        assert refused.exit_code != 0
        assert said in str(refused.exception)
