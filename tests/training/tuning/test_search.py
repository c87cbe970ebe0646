"""The laws of a search: what it may see, what it repeats, and how it goes on."""

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from models.errors import ConfigError, DataError, TrainingError
from tests.training.tuning.spaces import SPACE, config_of, given
from tests.training.worlds import silent, write_world
from training.config import validated
from training.pipeline import fit
from training.tuning import search as module
from training.tuning.best import best_toml
from training.tuning.importance import importances
from training.tuning.page import render_page
from training.tuning.parameters import holds
from training.tuning.record import TrialFiles, TrialRecord, winner
from training.tuning.search import TRIALS, Search, Searched, alone
from training.tuning.settings import Settings
from training.tuning.words import gain_words

NUM_TRIALS = 7


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_world(tmp_path_factory.mktemp("small") / "logs", days=3, rows_a_day=1_500)


def searched(settings: Settings, folder: Path, num_trials: int) -> Searched:
    return Search(settings, config_of(settings), folder, silent()).run(num_trials, lambda record: None)


@pytest.fixture(scope="module")
def undisturbed(log: Path, tmp_path_factory: pytest.TempPathFactory) -> Searched:
    return searched(given(log), tmp_path_factory.mktemp("undisturbed"), NUM_TRIALS)


def told(found: Searched) -> list[dict[str, Any]]:
    """All of the records but what differs from machine to machine."""
    return [record.model_dump(exclude={"seconds", "num_cut_off"}) for record in found.records]


def test_trial_0_is_the_given_configuration_and_the_others_are_of_the_space(undisturbed: Searched) -> None:
    assert undisturbed.records[0].values == {}
    assert undisturbed.config_of(undisturbed.records[0]) == undisturbed.config
    space = undisturbed.config.tuning.space
    for record in undisturbed.records[1:]:
        assert record.values.keys() == space.keys()
        assert all(holds(space[path], value) for path, value in record.values.items())
    assert len({str(record.values) for record in undisturbed.records}) == NUM_TRIALS


def test_a_score_is_the_best_validation_of_that_configuration(undisturbed: Searched) -> None:
    best = winner(undisturbed.records)
    assert best is not None
    trained = fit(module.replace(undisturbed.prepared, config=undisturbed.config_of(best)), silent())
    assert best.score == min(looked.score for looked in trained.history.validations)


def test_a_search_that_is_cut_off_makes_the_same_trials_as_one_that_is_not(
    log: Path, tmp_path: Path, undisturbed: Searched, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cut off within trial 3: its record says `running`, as after a power cut."""
    searched(given(log), tmp_path, 3)

    class PowerCutError(BaseException):
        """Nothing catches it."""

    def cut(*_: object) -> None:
        raise PowerCutError

    with monkeypatch.context() as patched:
        patched.setattr(module, "fit", cut)
        with pytest.raises(PowerCutError):
            searched(given(log), tmp_path, NUM_TRIALS)
    begun = TrialFiles(tmp_path / TRIALS).read()[-1]
    assert (begun.number, begun.state) == (3, "running")
    found = searched(given(log), tmp_path, NUM_TRIALS)
    assert told(found) == told(undisturbed)
    assert [record.num_cut_off for record in found.records] == [0, 0, 0, 1, 0, 0, 0]


def test_a_larger_number_goes_on_and_an_equal_one_trains_nothing(
    log: Path, tmp_path: Path, undisturbed: Searched, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = searched(given(log), tmp_path, 2)
    assert told(first) == told(undisturbed)[:2]
    monkeypatch.setattr(module, "fit", _never)
    assert told(searched(given(log), tmp_path, 2)) == told(first)


def _never(*_: object) -> None:
    raise AssertionError("nothing is left to train")


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"batch_size": 300}, "config.training.batch_size from 256 to 300"),
        ({"space": {**SPACE, "model.embedding.dim": {"kind": "integer", "low": 2, "high": 3}}}, "model.embedding.dim"),
    ],
)
def test_a_search_of_something_else_is_refused_and_says_what_changed(
    log: Path, tmp_path: Path, changes: dict[str, Any], says: str
) -> None:
    searched(given(log), tmp_path, 1)
    with pytest.raises(ConfigError, match=says):
        searched(given(log, **changes), tmp_path, 2)


def test_other_rows_are_refused(log: Path, tmp_path: Path) -> None:
    searched(given(log), tmp_path / "out", 1)
    other = write_world(tmp_path / "logs", days=3, rows_a_day=1_400)
    with pytest.raises(ConfigError, match=r"windows\.train\.rows"):
        searched(given(other), tmp_path / "out", 2)


def test_a_trial_that_diverges_is_a_record_and_the_search_goes_on(
    log: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: Iterator[int] = iter(range(9))

    def sometimes(*arguments: Any) -> Any:
        if next(calls) == 1:
            raise TrainingError("losses are finite; found nan")
        return fit(*arguments)

    monkeypatch.setattr(module, "fit", sometimes)
    found = searched(given(log), tmp_path, 3)
    assert [record.state == "failed" for record in found.records] == [False, True, False]
    failed = found.records[1]
    assert (failed.score, failed.reason) == (None, "losses are finite; found nan")
    assert "found nan" in render_page(found, None)


def test_a_broken_log_ends_the_search(log: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise DataError("a file is torn")

    monkeypatch.setattr(module, "fit", broken)
    with pytest.raises(DataError, match="torn"):
        searched(given(log), tmp_path, 3)


def test_a_bad_trial_is_given_up_after_the_warm_up_and_can_not_win(log: Path, tmp_path: Path) -> None:
    """The second value of the rate breaks every network; it may not do so before its second validation."""
    frozen = {"kind": "choice", "values": [0.1, 0.0]}
    space = {
        "training.optimizers.embeddings.learning_rate": frozen,
        "model.embedding.dim": {"kind": "choice", "values": [7, 8]},
    }
    found = searched(given(log, space, max_epochs=2, max_steps=None), tmp_path, 6)
    pruned = [record for record in found.records if record.state == "pruned"]
    assert pruned, "a network whose embeddings stay is worse than those that learn"
    full = len(found.records[0].validations)
    assert all(2 <= len(record.validations) < full and record.number >= 2 for record in pruned)
    best = winner(found.records)
    assert best is not None
    assert best.state == "finished"
    assert best.score == min(record.score for record in found.records if record.score is not None)


def test_equal_values_are_trained_once(log: Path, tmp_path: Path) -> None:
    found = searched(given(log, {"model.embedding.dim": {"kind": "choice", "values": [6, 7]}}), tmp_path, 5)
    first = {record.values["model.embedding.dim"]: record for record in found.records[1:3]}
    assert len(first) == 2, "what was not tried goes first"
    for record in found.records[3:]:
        same = first[record.values["model.embedding.dim"]]
        assert (record.same_as, record.score) == (same.number, same.score)


def test_trials_with_other_features_are_fitted_anew_and_the_others_share(
    log: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fitted: list[Any] = []

    def counting(config: Any, console: Any) -> Any:
        fitted.append(config.features)
        return prepare(config, console)

    prepare = module.prepare
    monkeypatch.setattr(module, "prepare", counting)
    vocabularies = [{"kind": "learned"}, {"kind": "hash", "num_buckets": 32}]
    space = {
        "features.item_id.vocabulary": {"kind": "choice", "values": vocabularies},
        "model.trunk.num_experts": {"kind": "integer", "low": 1, "high": 9},
    }
    settings = given(log, space)
    next(each for each in settings["features"] if each["name"] == "item_id")["vocabulary"] = vocabularies[0]
    found = searched(settings, tmp_path, 6)
    changed = sum(record.values["features.item_id.vocabulary"] != vocabularies[0] for record in found.records[1:])
    assert 0 < changed < 5
    assert len(fitted) == 2


def test_the_best_configuration_is_a_file_of_the_very_same_configuration(undisturbed: Searched) -> None:
    best = winner(undisturbed.records)
    assert best is not None
    text = best_toml(undisturbed, best)
    assert validated(tomllib.loads(text), "best.toml") == undisturbed.config_of(best)
    assert f"trial {best.number}" in text


def test_the_gain_is_called_optimistic(undisturbed: Searched) -> None:
    records = [
        TrialRecord(number=0, values={}, state="finished", score=1.0),
        TrialRecord(number=1, values={}, state="finished", score=0.9),
        TrialRecord(number=2, values={}, state="pruned", score=0.8),
    ]
    assert "10.00% lower" in gain_words(records)
    assert "optimistic" in gain_words(records)
    assert "given configuration is the best" in gain_words(records[:1])
    assert "the given configuration failed" in gain_words(
        [records[0].model_copy(update={"state": "failed", "score": None}), records[1]]
    )


def test_the_page_has_a_picture_a_setting_and_escapes_what_a_user_wrote(undisturbed: Searched) -> None:
    page = render_page(undisturbed, "name = '<b>'")
    assert page.count('<img src="data:image/svg+xml;base64,') >= 1 + len(SPACE)
    assert "<b>" not in page.replace("<b>learned", "")
    assert "http" not in page
    for record in undisturbed.records:
        assert f'<th scope="row">{record.number}</th>' in page


def test_importance_finds_the_setting_that_matters(undisturbed: Searched) -> None:
    rate, number = "training.optimizers.embeddings.learning_rate", "model.trunk.num_experts"
    space = {path: undisturbed.config.tuning.space[path] for path in (rate, number)}
    tuning = undisturbed.config.tuning.model_copy(update={"space": space})
    config = undisturbed.config.model_copy(update={"tuning": tuning})
    records = [
        TrialRecord(number=n, values={rate: 0.02 * n, number: 1 + n % 3}, state="finished", score=1 - 0.02 * n)
        for n in range(1, 20)
    ]
    prepared = module.replace(undisturbed.prepared, config=config)
    shares = importances(Searched({}, prepared, {rate: 0.1, number: 2}, records))
    assert list(shares) == [rate, number]
    assert shares[rate] > 0.9
    assert importances(Searched({}, prepared, {}, records[:2])) == {}


def test_one_search_holds_a_folder(tmp_path: Path) -> None:
    with alone(tmp_path), pytest.raises(ConfigError, match="one search runs in a folder"), alone(tmp_path):
        pass
    with alone(tmp_path):
        pass
