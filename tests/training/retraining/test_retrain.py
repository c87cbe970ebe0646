"""Nights of retraining: what becomes of new days, of bad ones, and of none."""

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.checkpoint import load_checkpoint
from models.errors import ConfigError, RegistryError
from models.registry import Registry
from tests.training.retraining.nights import Nights, day
from tests.training.worlds import silent
from training.config import Config
from training.retraining import report
from training.retraining import retrain as stages
from training.retraining.dry_run import dry_run
from training.retraining.evaluate import Evaluated
from training.retraining.judgement import Judgement
from training.retraining.lock import locked
from training.retraining.order import Order
from training.retraining.plan import Plan
from training.retraining.work import LOCK


def test_the_first_candidate_becomes_the_champion(nights: Nights) -> None:
    outcome = nights.retrain()
    assert (outcome.decision, outcome.champion) == ("promoted", None)
    assert Registry(nights.registry).version_of("production") == outcome.candidate
    assert nights.history() == [("publish", outcome.candidate), ("promote", outcome.candidate)]
    assert (outcome.train, outcome.validation, outcome.test) == ((day(0), day(1), day(2)), (day(3),), (day(4),))


def test_the_outcome_is_kept_with_its_page_and_the_candidate_lies_in_the_registry_alone(nights: Nights) -> None:
    outcome = nights.retrain()
    run = nights.work / "runs" / str(outcome.run)
    assert json.loads((run / "outcome.json").read_bytes()) == outcome.model_dump(mode="json")
    page = (run / "report.html").read_text()
    assert all(each.name in page for each in outcome.gates)
    assert str(outcome.candidate) in page
    assert not (run / "candidate").exists()


def test_a_tracker_is_told_of_an_outcome_once(nights: Nights, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    monkeypatch.setattr(report, "tell_outcome", lambda _, outcome, *rest: told.append(outcome.decision))
    nights.retrain()
    assert told == ["promoted"]


def test_the_version_names_the_partitions_that_it_is_made_of(nights: Nights) -> None:
    _, manifest = load_checkpoint(Registry(nights.registry).place_of(str(nights.retrain().candidate)))
    rows = len(nights.rows(0))
    assert manifest.training["rows"] == {"train": 3 * rows, "validation": rows, "test": rows}
    assert manifest.training["config"]["data"]["partitions"]["values"] == [day(number) for number in range(5)]


def test_nothing_new_is_no_run(nights: Nights) -> None:
    nights.retrain()
    assert nights.retrain().decision == "nothing_new"
    assert nights.actions() == ["publish", "promote"]
    assert len(list((nights.work / "runs").iterdir())) == 1


def test_too_few_days_are_waited_for(tmp_path: Path) -> None:
    nights = Nights(tmp_path)
    nights.arrive(0, 1)
    outcome = nights.retrain()
    assert outcome.decision == "nothing_new"
    assert "3 complete partitions" in outcome.why


def test_a_new_day_makes_a_new_champion_judged_on_the_same_rows(
    nights: Nights, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = nights.retrain()
    nights.arrive(5)
    seen: list[Evaluated] = []
    evaluate = stages.evaluate

    def watched(order: Order, plan: Plan, version: Path) -> Evaluated:
        seen.append(evaluate(order, plan, version))
        return seen[-1]

    monkeypatch.setattr(stages, "evaluate", watched)
    second = nights.retrain()
    assert (second.decision, second.champion, second.new) == ("promoted", first.candidate, (day(5),))
    candidate, champion = seen[0].candidate, seen[0].champion
    assert candidate is not None
    assert champion is not None
    assert champion.version == first.candidate
    assert candidate.latency_ms is not None
    wanted = nights.rows(5).clicked.to_numpy(np.float64)
    for judged in (candidate, champion):
        np.testing.assert_array_equal(judged.scored.labels["click"], wanted)
    assert day(5) not in (*second.train, *second.validation)


def test_a_bad_day_is_held_before_anything_is_trained_and_not_tried_again(nights: Nights) -> None:
    champion = nights.retrain().candidate
    nights.write(nights.rows(5)[::3])
    held = nights.retrain()
    assert (held.decision, held.candidate) == ("held", None)
    assert [each.label for each in held.failed] == [f"volume({day(5)})"]
    assert "volume" in held.why
    assert Registry(nights.registry).version_of("production") == champion
    again = nights.retrain()
    assert again.decision == "nothing_new"
    assert held.why in again.why
    assert day(5) in again.why
    assert nights.history()[2:] == [("hold", held.run)]


def test_a_held_day_is_known_from_the_history_where_the_work_folder_is_lost(nights: Nights) -> None:
    nights.retrain()
    nights.write(nights.rows(5)[::3])
    nights.retrain()
    nights.work = nights.home / "elsewhere"
    assert nights.retrain().decision == "nothing_new"


def test_force_judges_a_held_day_again_in_a_run_of_its_own(nights: Nights) -> None:
    nights.retrain()
    nights.write(nights.rows(5)[::3])
    held, forced = nights.retrain(), nights.retrain(force=True)
    assert (forced.decision, forced.run) == ("held", f"{held.run}-2")
    assert nights.actions()[2:] == ["hold", "hold"]


def test_a_held_day_is_left_out_of_the_nights_after_it(nights: Nights) -> None:
    nights.retrain()
    nights.write(nights.rows(5)[::3])
    held = nights.retrain()
    for number in (6, 7):
        nights.arrive(number)
        outcome = nights.retrain()
        assert (outcome.decision, outcome.test, outcome.new) == ("promoted", (day(number),), (day(number),))
        assert day(5) not in (*outcome.train, *outcome.validation)
        assert any(str(held.run) in note and day(5) in note for note in outcome.notes)


@pytest.mark.parametrize("mend", ["write", "allow", "force"])
def test_a_held_day_comes_back_once_it_or_the_settings_change_or_a_person_says_so(nights: Nights, mend: str) -> None:
    nights.retrain()
    nights.write(nights.rows(5)[::3])
    assert nights.retrain().decision == "held"
    if mend == "write":
        nights.arrive(5)
    settings = {"allow": {"checks": {"min_volume": 0.1, "max_age": "never"}}}
    outcome = nights.retrain(force=mend == "force", **settings.get(mend, {}))
    assert (outcome.new, outcome.test) == ((day(5),), (day(5),))
    assert outcome.decision == ("held" if mend == "force" else "promoted")


def test_of_several_new_days_those_are_left_out_that_a_check_names(nights: Nights) -> None:
    nights.retrain()
    nights.write(nights.rows(5)[::3])
    nights.arrive(6)
    assert nights.retrain().decision == "held"
    outcome = nights.retrain()
    assert (outcome.decision, outcome.new, outcome.test) == ("promoted", (day(6),), (day(6),))


def test_days_are_left_out_together_where_a_check_names_none_of_them(nights: Nights) -> None:
    nights.retrain()
    nights.write(nights.rows(5).drop(columns="age"))
    nights.arrive(6)
    assert nights.retrain().decision == "held"
    nights.arrive(7)
    outcome = nights.retrain()
    assert (outcome.decision, outcome.new) == ("promoted", (day(7),))


def test_a_run_that_was_killed_after_its_checks_failed_is_gone_on_with(
    nights: Nights, monkeypatch: pytest.MonkeyPatch
) -> None:
    nights.retrain()
    nights.write(nights.rows(5)[::3])
    with monkeypatch.context() as killed:
        killed.setattr(stages, "hold", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            nights.retrain()
    outcome = nights.retrain()
    assert (outcome.decision, outcome.new) == ("held", (day(5),))


def test_days_that_are_merely_old_are_not_left_out(nights: Nights) -> None:
    nights.retrain()
    nights.arrive(5)
    old = {"checks": {"max_age": "3d"}}
    assert nights.retrain(**old).decision == "held"
    nights.arrive(6)
    assert nights.retrain(**old).new == (day(5), day(6))


def test_the_first_days_are_never_left_out(nights: Nights) -> None:
    old = {"checks": {"max_age": "3d", "min_volume": 0.9}}
    nights.write(nights.rows(4)[::3])
    assert nights.retrain(**old).decision == "held"
    nights.arrive(5)
    assert len(nights.retrain(**old).new) == 5


def test_a_column_that_is_gone_is_held_as_a_broken_schema(nights: Nights) -> None:
    nights.retrain()
    nights.write(nights.rows(5).drop(columns="age"))
    outcome = nights.retrain()
    assert [each.name for each in outcome.failed] == ["schema"]
    assert "age" in outcome.why


def test_a_candidate_that_a_gate_refuses_stays_in_its_folder_and_out_of_the_registry(
    nights: Nights, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = nights.retrain()
    nights.arrive(5)
    train = stages.train

    def torn(*arguments: Any) -> Path:
        version = train(*arguments)
        (version / "weights.safetensors").write_bytes(b"half")
        return version

    monkeypatch.setattr(stages, "train", torn)
    outcome = nights.retrain()
    assert (outcome.decision, [each.name for each in outcome.failed]) == ("held", ["loads"])
    assert nights.history()[2:] == [("hold", outcome.candidate)]
    assert Registry(nights.registry).versions() == [first.candidate]
    assert (nights.work / "runs" / str(outcome.run) / "candidate" / str(outcome.candidate)).is_dir()


def test_the_first_candidate_may_have_to_wait_for_a_person(nights: Nights) -> None:
    outcome = nights.retrain(first="hold")
    assert [each.name for each in outcome.failed] == ["first"]
    assert Registry(nights.registry).version_of("production") is None


def test_what_a_person_rolled_back_is_not_promoted_again(nights: Nights) -> None:
    nights.retrain()
    nights.arrive(5)
    nights.retrain()
    registry = Registry(nights.registry)
    registry.rollback("production", who="a person", why="complaints")
    assert nights.retrain().decision == "nothing_new"
    nights.arrive(6)
    outcome = nights.retrain()
    assert (outcome.decision, outcome.new) == ("promoted", (day(5), day(6)))


def test_a_champion_that_changed_meanwhile_is_not_replaced(nights: Nights, monkeypatch: pytest.MonkeyPatch) -> None:
    first = nights.retrain()
    nights.arrive(5)
    second = nights.retrain()
    nights.arrive(6)
    gate = stages.gate

    def gated_while_a_person_rolls_back(*arguments: Any) -> Judgement:
        Registry(nights.registry).rollback("production", who="a person", why="complaints")
        return gate(*arguments)

    monkeypatch.setattr(stages, "gate", gated_while_a_person_rolls_back)
    with pytest.raises(RegistryError, match="judged against"):
        nights.retrain()
    monkeypatch.undo()
    assert Registry(nights.registry).version_of("production") == first.candidate != second.candidate


def test_old_versions_and_runs_go_and_the_one_before_the_champion_stays(nights: Nights) -> None:
    candidates = [nights.retrain(keep=1, keep_runs=2).candidate]
    for number in (5, 6):
        nights.arrive(number)
        outcome = nights.retrain(keep=1, keep_runs=2)
        candidates.append(outcome.candidate)
    assert outcome.pruned == (candidates[0],)
    assert Registry(nights.registry).versions() == candidates[1:]
    assert len(list((nights.work / "runs").iterdir())) == 2


def test_a_dry_run_says_what_would_be_and_writes_nothing(nights: Nights) -> None:
    nights.retrain()
    nights.arrive(5)
    before = _digest(nights.home)
    outcome = dry_run(nights.order())
    assert (outcome.decision, outcome.exit_code, outcome.test) == ("would_train", 0, (day(5),))
    assert any("max_loss_of_ne" in note for note in outcome.notes)
    nights.write(nights.rows(5)[::3])
    broken = _digest(nights.home)
    assert dry_run(nights.order()).decision == "held"
    assert (_digest(nights.home), broken != before) == (broken, True)


def test_of_two_at_once_the_second_says_who_holds_the_first_place(nights: Nights) -> None:
    with locked(nights.work / LOCK):
        outcome = nights.retrain()
    assert (outcome.decision, outcome.exit_code) == ("running", 12)
    assert "process" in outcome.why
    assert not nights.registry.exists()
    assert nights.retrain().decision == "promoted"


def test_a_day_that_came_late_is_new_and_one_from_before_the_log_is_not(nights: Nights) -> None:
    nights.retrain(leave_out=[day(3)], train_window="2d")
    assert nights.retrain(train_window="2d").decision == "nothing_new"  # judged by the same rows as before
    nights.arrive(5)
    late = nights.retrain(train_window="2d")
    assert (late.new, late.train) == ((day(3), day(5)), (day(2), day(3)))
    nights.arrive(6)
    assert nights.retrain(train_window="6d").new == (day(6),)


def test_partitions_are_the_retraining_s_own_choice(nights: Nights) -> None:
    config = nights.config().model_dump(mode="json")
    config["data"]["partitions"] = {"column": "date", "values": [day(0)]}
    with pytest.raises(ConfigError, match="leave_out"):
        Order.of(Config.model_validate(config), "", silent())


def test_a_configuration_without_a_registry_is_refused(nights: Nights) -> None:
    with pytest.raises(ConfigError, match="--registry"):
        nights.order(registry=None)


def _digest(folder: Path) -> str:
    """Of all files, with their times."""
    digest = sha256()
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        digest.update(f"{file} {file.stat().st_mtime_ns}".encode() + file.read_bytes())
    return digest.hexdigest()
