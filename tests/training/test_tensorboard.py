"""What a run writes for TensorBoard, read back by TensorBoard's own reader."""

import sys
from pathlib import Path
from typing import Any

import pytest

from models.errors import ConfigError
from tests.training.resumed import Stopper, once
from tests.training.test_commands import threefold, toml
from tests.training.worlds import silent, small_config
from training.history import History
from training.pipeline import fit, prepare
from training.resume.opening import kept_states
from training.tensorboard import READ, TensorBoard


def read_back(folder: Path) -> Any:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(folder))
    events.Reload()
    return events


@pytest.fixture(scope="module")
def written(world: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, History]:
    """A short run with a planted fault, and what it saw of itself."""
    wrong = {"heads.click": {"kind": "adamw", "learning_rate": 0.1}}
    config = small_config(world, max_steps=23, validations_per_epoch=1, telemetry_every=10, optimizers=wrong)
    with TensorBoard(tmp_path_factory.mktemp("events"), "small") as board:
        history = fit(prepare(config, silent()), silent(), [board]).history
    return board.folder, history


def test_every_number_of_every_reading_is_there(written: tuple[Path, History]) -> None:
    folder, history = written
    events = read_back(folder)
    assert [reading.step for reading in history.readings] == [1, 11, 21, 23]
    expected = {
        (f"{tag}/{name.replace(' / ', ' to ')}", reading.step): value
        for reading in history.readings
        for tag, part in READ.items()
        for name, value in getattr(reading, part).items()
    }
    scalars = set(events.Tags()["scalars"])
    assert {tag for tag, _ in expected} <= scalars
    for tag in {tag for tag, _ in expected}:
        found = {(tag, event.step): event.value for event in events.Scalars(tag)}
        wanted = {key: value for key, value in expected.items() if key[0] == tag}
        assert found == pytest.approx(wanted, rel=1e-6, abs=1e-30)


def test_validations_and_alarms_are_there(written: tuple[Path, History]) -> None:
    folder, history = written
    events = read_back(folder)
    (score,) = events.Scalars("validation_score")
    assert (score.step, score.value) == (23, pytest.approx(history.validations[-1].score))
    assert events.Scalars("validation_loss/dwell")[0].value == pytest.approx(history.validations[-1].losses["dwell"])
    assert history.alarms[0].subnet == "heads.click"
    (*_, text) = events.Tensors("alarm/heads.click/text_summary")
    assert text.tensor_proto.string_val[0].decode() == str(history.alarms[-1])


def test_a_run_that_goes_on_is_written_from_its_first_step_on(
    world: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("THREEFOLD_STATE", str(tmp_path / "states"))
    resume = {"every_steps": 5}
    prepared = prepare(small_config(world, validations_per_epoch=6, telemetry_every=4, resume=resume), silent())
    assert once(prepared, Stopper(18)) is None
    with TensorBoard(tmp_path / "events", "small") as board, kept_states(prepared, silent(), fresh=False) as keeping:
        history = fit(prepared, silent(), [board], keeping).history
    events = read_back(board.folder)
    assert [event.step for event in events.Scalars("loss/click")] == [reading.step for reading in history.readings]
    assert [event.step for event in events.Scalars("validation_score")] == [each.step for each in history.validations]


def test_the_command_takes_a_folder(world: Path, tmp_path: Path) -> None:
    config = toml(tmp_path / "small.toml", world, max_steps=2)
    done = threefold("train", config, "--output", tmp_path / "versions", "--tensorboard", tmp_path / "events")
    assert done.returncode == 0, done.stderr
    (folder,) = (tmp_path / "events").iterdir()
    assert folder.name.startswith("small-")
    assert "loss/click" in read_back(folder).Tags()["scalars"]


def test_each_run_has_a_folder_of_its_own(tmp_path: Path) -> None:
    folders = []
    for _ in range(2):
        with TensorBoard(tmp_path, "small") as board:
            folders.append(board.folder)
    assert len(set(folders)) == len(list(tmp_path.iterdir())) == 2


def test_without_the_extra_the_option_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    with pytest.raises(ConfigError, match=r"pip install 'threefold\[tensorboard\]'"):
        TensorBoard(tmp_path, "small")
    assert list(tmp_path.iterdir()) == []
