"""Cold start: whom the model knows, by its own vocabulary, and what its numbers are for whom it does not."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from models.columns import categories
from models.encoder import Encoder, Fitted
from models.features import CategoricalFeature
from models.features.vocabulary import LearnedVocabulary
from models.heads import BinaryTask
from tests.training.small import FEATURES, config, frame, write_days
from tests.training.worlds import silent
from training.evaluation.binary import binary_metrics
from training.evaluation.known import KNOWN, NEW, NO_VALUE, knowledge
from training.evaluation.scored import Scored
from training.evaluation.unseen import FEWEST_OF_EACH, FEWEST_ROWS, unseen_metrics
from training.pipeline import Run, measure, run
from training.report.unseen import TOO_FEW
from training.reporting import METRICS, REPORT, run_files

CLICK = BinaryTask(name="click", kind="binary", label="clicked")
USERS = 8


def log() -> pd.DataFrame:
    """On the test day every second user is new; one row in eleven has none, and two users came only once before."""
    rows = frame(days=4, rows_per_day=600)
    is_test = rows.time >= rows.time.min() + pd.Timedelta(days=3)
    rows.loc[is_test & (rows.row % 2 == 0), "user"] = "new" + (rows.row % 5).astype(str)
    rows.loc[rows.row.isin([3, 4]), "user"] = ["once-a", "once-b"]
    rows.loc[is_test & (rows.row % 10 == 1), "user"] = "once-a"
    rows.loc[rows.row % 11 == 0, "user"] = None
    return rows


def features(**user: Any) -> list[dict[str, Any]]:
    vocabulary = {"kind": "learned", "min_count": 2}
    return [{**found, "vocabulary": vocabulary, **user} if found["name"] == "user" else found for found in FEATURES]


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = write_days(tmp_path_factory.mktemp("log"), log())
    training = {"batch_size": 128, "max_epochs": 1, "num_threads": 1}
    return run(config(folder, features=features(), training=training, evaluation={"unseen": ["user"]}), silent())


def test_a_row_is_known_new_or_has_no_value() -> None:
    feature = CategoricalFeature(name="user", kind="categorical", scope="context")
    encoder = Encoder([feature], Fitted({"user": LearnedVocabulary(["a", "b"])}, {}))
    found = knowledge(encoder, "user", categories("user", ["b", None, "z", "a"]))
    assert found.tolist() == [KNOWN, NO_VALUE, NEW, KNOWN]


def test_a_history_that_shares_the_table_makes_its_ids_known() -> None:
    features_ = [
        CategoricalFeature(name="item", kind="categorical", scope="candidate"),
        CategoricalFeature(name="last_item", kind="categorical", scope="context", shares="item"),
    ]
    encoder = Encoder(features_, Fitted({"item": LearnedVocabulary(["a"])}, {}))
    assert knowledge(encoder, "last_item", categories("last_item", ["a", "b"])).tolist() == [KNOWN, NEW]


def test_groups_are_the_test_rows_told_apart_by_the_vocabulary(finished: Run) -> None:
    rows = log()
    test = rows[rows.time >= rows.time.min() + pd.Timedelta(days=3)].reset_index(drop=True)
    vocabulary = finished.trained.predictor.encoder.fitted.vocabularies["user"]
    assert isinstance(vocabulary, LearnedVocabulary)
    assert "once-a" not in vocabulary.values, "seen once, below min_count: the model was never told"
    is_known = test.user.isin([f"u{number}" for number in range(USERS)]).to_numpy()
    is_new = test.user.notna().to_numpy() & ~is_known
    clicked = test.clicked.to_numpy(np.float64)
    predicted = finished.scored.predictions["click"]
    groups = finished.evaluation.tasks["click"].unseen["user"]
    for group, mask in {"known": is_known, "new": is_new}.items():
        assert groups[group]["num_observed"] == mask.sum()
        expected = binary_metrics(clicked[mask], predicted[mask])
        assert {name: groups[group][name] for name in expected} == pytest.approx(expected)
    assert is_known.sum() + is_new.sum() < len(test), "rows without a user are in neither"


def test_numbers_and_report_hold_both_groups(finished: Run) -> None:
    files = run_files(finished, "")
    stored = json.loads(files[METRICS])["evaluation"]["tasks"]
    assert set(stored["click"]["unseen"]["user"]) == {"known", "new"}
    assert "New to the model" in files[REPORT]
    assert "user: never in the training window, or fewer than 2 times." in files[REPORT]


def test_a_stored_model_is_measured_alike(finished: Run) -> None:
    from models.manifest import Manifest

    prepared = finished.prepared

    class Stored:
        statistics = prepared.data.statistics

    manifest: Manifest = Stored()  # type: ignore[assignment]
    measured = measure(prepared.config, finished.trained.predictor, manifest)
    assert measured.evaluation.tasks["click"].unseen == finished.evaluation.tasks["click"].unseen


def scored(num_new: int, num_clicked: int) -> Scored:
    label = np.zeros(num_new + 500)
    label[:num_clicked] = 1
    label[num_new : num_new + 100] = 1
    known = np.array([NEW] * num_new + [KNOWN] * 500, dtype=np.int8)
    predicted = np.random.default_rng(0).random(len(label))
    return Scored({"click": label}, {"click": predicted}, pd.DataFrame(index=range(len(label))), {"user": known})


@pytest.mark.parametrize(
    ("num_new", "num_clicked", "is_told"),
    [
        (FEWEST_ROWS, FEWEST_OF_EACH, True),
        (FEWEST_ROWS - 1, FEWEST_OF_EACH, False),
        (FEWEST_ROWS, FEWEST_OF_EACH - 1, False),
        (FEWEST_ROWS, FEWEST_ROWS - FEWEST_OF_EACH + 1, False),
        (0, 0, False),
    ],
)
def test_too_few_rows_are_counted_and_nothing_more_is_said(num_new: int, num_clicked: int, is_told: bool) -> None:
    groups = unseen_metrics(CLICK, scored(num_new, num_clicked), ["user"])["user"]
    assert groups["new"]["num_observed"] == num_new
    assert ("auc" in groups["new"]) == is_told
    assert "auc" in groups["known"]


def test_the_report_says_too_few_rows(tmp_path: Path) -> None:
    folder = write_days(tmp_path, frame(days=4, rows_per_day=60))
    training = {"batch_size": 64, "max_epochs": 1, "num_threads": 1}
    finished = run(config(folder, features=features(), training=training, evaluation={"unseen": ["user"]}), silent())
    assert TOO_FEW in run_files(finished, "")[REPORT]


@pytest.mark.parametrize(
    ("unseen", "message"),
    [
        (["nobody"], "names categorical features; found 'nobody'"),
        (["age"], "names categorical features; found 'age'"),
        (["item"], "'item' has a hash for its vocabulary"),
    ],
)
def test_a_feature_of_which_nothing_is_unknown_is_refused(tmp_path: Path, unseen: list[str], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        config(tmp_path, evaluation={"unseen": unseen})
