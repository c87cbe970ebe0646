"""A training that is stopped and goes on ends with the weights and the history of one that was never stopped."""

from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.training.planted_ids import planted_config, write_log
from tests.training.resumed import Stopper, assert_same, disturbed, undisturbed
from tests.training.worlds import silent, small_config, write_world
from training.config import Config
from training.pipeline import Prepared, prepare

SMALL = {"widths": [8], "dropout": 0.2}
NORMALISED = {"widths": [8], "normalisation": "batch"}
ADAGRAD = {"kind": "rowwise_adagrad", "learning_rate": 0.1, "weight_decay": 0.01}
COSINE = {"kind": "cosine", "warmup_steps": 4}
ADAMW = {"kind": "adamw", "learning_rate": 3e-3, "weight_decay": 0.01, "schedule": COSINE}
CASES: dict[str, dict[str, Any]] = {
    "uncertainty": {
        "trunk": {"kind": "mmoe", "num_experts": 2, "expert": SMALL},
        "weighting": {"kind": "uncertainty", "every": "label"},
        "optimizers": {"embeddings": {**ADAGRAD, "schedule": COSINE}, "shared": ADAMW},
    },
    "dwa": {
        "trunk": {"kind": "shared_bottom", "mlp": NORMALISED},
        "weighting": {"kind": "dwa", "interval_steps": 5},
        "optimizers": {"embeddings": {"kind": "sparse_adam", "learning_rate": 0.01}, "heads.*": ADAMW},
    },
    "gradnorm": {
        "trunk": {"kind": "ple", "num_layers": 1, "expert": SMALL},
        "weighting": {"kind": "gradnorm"},
        "average_weights": 0.8,
    },
    "famo": {"trunk": {"kind": "dcnv2"}, "weighting": {"kind": "famo"}, "dropout": 0.3},
    "pcgrad": {
        "trunk": {"kind": "tabm", "num_members": 3, "mlp": SMALL},
        "weighting": {"kind": "gradients", "method": "pcgrad"},
    },
    "fixed_with_new_tables": {
        "weighting": {"kind": "fixed"},
        "reset_embeddings": "each_epoch",
        "max_epochs": 3,
        "optimizers": {"embeddings": {"kind": "sparse_adam", "learning_rate": 0.01}},
    },
    "taught_with_id_dropout": {"teacher_forcing_steps": 20, "id_dropout": 0.2},
    "sampled_and_out_of_steps": {"keep": 0.5, "max_steps": 19},
    "out_of_patience": {
        "patience": 4,
        "max_epochs": 20,
        "validations_per_epoch": 8,
        "optimizers": {"embeddings": {**ADAGRAD, "learning_rate": 1.0}, "shared": {**ADAMW, "learning_rate": 0.03}},
    },
}
ENDS = {
    "uncertainty": "max_epochs = 2 done",
    "sampled_and_out_of_steps": "max_steps = 19 reached",
    "out_of_patience": "no new best in 4 validations",
}


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_world(tmp_path_factory.mktemp("resumed") / "logs", days=3, rows_a_day=2_000)


@pytest.fixture(autouse=True)
def own_states(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THREEFOLD_STATE", str(tmp_path / "states"))


def config(
    log: Path,
    trunk: dict[str, Any] | None = None,
    dropout: float = 0.0,
    teacher_forcing_steps: int = 0,
    id_dropout: float = 0.0,
    keep: float | None = None,
    **training: Any,
) -> Config:
    settings = {"batch_size": 128, "max_epochs": 2, "telemetry_every": 3, "resume": {"every_steps": 4}, **training}
    raw = small_config(log, **settings).model_dump(mode="json")
    raw["model"] |= {"trunk": trunk or raw["model"]["trunk"], "embedding": {"dim": 4, "dropout": dropout}}
    for feature in raw["features"]:
        if feature["name"] in {"user_id", "item_id"}:
            feature["id_dropout"] = id_dropout
    if teacher_forcing_steps:
        raw["tasks"][2] |= {"observed_when": None}
        raw["tasks"][2]["reads"][0]["teacher_forcing_steps"] = teacher_forcing_steps
    if keep is not None:
        raw["data"]["negative_sampling"] = {"task": "click", "keep": keep}
    return Config.model_validate(raw)


def prepared_for(log: Path, **settings: Any) -> Prepared:
    return prepare(config(log, **settings), silent())


@pytest.mark.parametrize("case", CASES)
def test_stopped_at_any_step_it_ends_with_the_same_weights_and_history(log: Path, case: str) -> None:
    prepared, random = prepared_for(log, **CASES[case]), Random(case)
    expected = undisturbed(prepared)
    last = expected.history["num_steps"]
    stoppers = [
        Stopper(random.randrange(1, last // 2), in_look=True),
        *(Stopper(step) for step in sorted(random.sample(range(1, last), 2))),
        Stopper(last),
    ]
    assert_same(disturbed(prepared, stoppers), expected)


def test_the_cases_end_in_every_way(log: Path) -> None:
    ends = {case: undisturbed(prepared_for(log, **CASES[case])).history["stopped_because"] for case in ENDS}
    assert ends == ENDS


def test_what_warns_of_a_second_pass_goes_on_too(tmp_path: Path) -> None:
    """The alarm compares looks of two epochs; the training is stopped between them."""
    planted = planted_config(write_log(tmp_path / "log", seed=0), max_epochs=2, resume={"every_steps": 10})
    prepared = prepare(planted, silent())
    expected = undisturbed(prepared)
    assert [alarm["kind"] for alarm in expected.history["alarms"]] == ["one_epoch"]
    assert_same(disturbed(prepared, [Stopper(expected.history["epoch_ends"][0] + 5)]), expected)
