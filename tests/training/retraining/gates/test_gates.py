"""What is planted in a candidate is held by the gate that is about it, and an honest candidate by none."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from tests.training.retraining.gates.pairs import MODEL, Pairs, predicting
from training.retraining.gates.config import GatesConfig
from training.retraining.gates.evidence import Evidence
from training.retraining.gates.heads import heads
from training.retraining.gates.judge import judge
from training.retraining.gates.judged import Judged
from training.retraining.gates.loss import loss_gate
from training.retraining.observation import Observation, failed

CONFIG = GatesConfig()
NUM_HONEST = 12
Fault = Callable[[Pairs], Judged]


def held(candidate: Judged, champion: Judged | None, config: GatesConfig = CONFIG) -> list[Observation]:
    return failed(judge(candidate, champion, config, "user"))


def names(observations: list[Observation]) -> set[str]:
    return {each.name for each in observations}


def test_honest_candidates_are_not_held() -> None:
    """Five heads, each as noisy as the champion: the intervals are 99% over all heads together."""
    found = []
    for seed in range(NUM_HONEST):
        pairs = Pairs(seed, rows=3_000)
        found.append(held(pairs.model(), pairs.model()))
    assert sum(map(bool, found)) <= 1, [each.reason for part in found for each in part]


def test_most_candidates_that_are_clearly_worse_are_held_by_their_loss() -> None:
    found = []
    for seed in range(5):
        pairs = Pairs(seed)
        found.append(held(pairs.model(noise=0.5), pairs.model(noise=0.05)))
    assert all("loss" in names(each) for each in found)
    assert not any("too_good" in names(each) for each in found)


@pytest.mark.parametrize(
    ("difference", "half_width", "is_held"),
    [
        (0.0060, 0.0005, True),  # worse by more than the limit, for sure
        (0.0095, 0.0050, False),  # it may be by less
        (0.0115, 0.0085, True),  # worse for sure, and by twice the limit on these rows
        (0.0115, 0.0100, False),  # not surely enough
        (0.0115, 0.0120, False),  # it may not be worse at all
        (-0.0300, 0.0010, False),
    ],
)
def test_a_loss_is_held_where_rows_show_it_and_few_rows_excuse_little(
    difference: float, half_width: float, is_held: bool
) -> None:
    pairs = Pairs(seed=8, rows=600)
    head = heads(pairs.model(), pairs.model(), CONFIG, None)[0]
    head.__dict__["loss_difference"] = Evidence(difference, half_width)
    observed = loss_gate(head, CONFIG)
    assert (head.task.kind, observed.passed) == ("binary", not is_held)
    assert (observed.observed > observed.limit) == is_held


def leaked(pairs: Pairs) -> Judged:
    return predicting(pairs.model(), click=np.where(pairs.labels["click"] > 0, 0.9, 0.02))


def miscalibrated(pairs: Pairs) -> Judged:
    return pairs.model(level=0.35)


def nobody(pairs: Pairs) -> Judged:
    """Knows the rate and nothing else."""
    return predicting(pairs.model(), click=np.full(len(pairs.user), pairs.labels["click"].mean()))


def not_a_number(pairs: Pairs) -> Judged:
    rating = pairs.model().scored.predictions["rating"].copy()
    rating[7] = np.nan
    return predicting(pairs.model(), rating=rating)


def slow(pairs: Pairs) -> Judged:
    return replace(pairs.model(), latency_ms=5.0)


@pytest.mark.parametrize(
    ("fault", "label"),
    [
        (leaked, "too_good(click)"),
        (miscalibrated, "calibration(click)"),
        (miscalibrated, "calibration(dwell)"),
        (miscalibrated, "calibration(rating)"),
        (nobody, "loss(click)"),
        (nobody, "prediction_shift(click)"),
        (not_a_number, "finite"),
        (slow, "latency"),
    ],
)
def test_a_planted_fault_is_held_for_its_reason(fault: Fault, label: str) -> None:
    pairs = Pairs(seed=1)
    assert label in {each.label for each in held(fault(pairs), pairs.model())}


@pytest.mark.parametrize(("fault", "only"), [(leaked, "too_good(click)"), (slow, "latency"), (not_a_number, "finite")])
def test_a_fault_of_one_head_holds_for_that_reason_alone(fault: Fault, only: str) -> None:
    pairs = Pairs(seed=1)
    assert {each.label for each in held(fault(pairs), pairs.model())} == {only}


def test_a_shift_passes_where_it_is_shown_to_be_better_and_not_else() -> None:
    """The world moved, the champion did not follow: a better model has to predict something else."""
    pairs = Pairs(seed=2)
    behind = nobody(pairs)
    shifts = [each for each in judge(pairs.model(), behind, CONFIG, "user") if each.label == "prediction_shift(click)"]
    assert shifts[0].observed > CONFIG.max_prediction_psi
    assert shifts[0].passed
    assert "shown to be better" in shifts[0].reason


def test_a_day_whose_rate_nobody_foresaw_holds_no_candidate_for_its_calibration() -> None:
    """Both are off as far: holding the candidate would leave a champion that is off, too."""
    pairs = Pairs(seed=3)
    observed = judge(pairs.model(level=0.4), pairs.model(level=0.42), CONFIG, "user")
    off = [each for each in observed if each.label == "calibration(click)"]
    assert off[0].observed > CONFIG.max_miscalibration
    assert off[0].passed
    assert "calibration" in names(held(pairs.model(level=0.4), None))


def test_heads_with_too_few_rows_or_outcomes_pass_and_say_so() -> None:
    pairs, config = Pairs(seed=4, rows=900), GatesConfig(min_outcomes=100)
    observed = {each.label: each for each in judge(pairs.model(noise=3.0), pairs.model(), config, "user")}
    for label in ("loss(rare)", "loss(dwell)", "too_good(rare)", "calibration(rare)"):
        assert observed[label].passed
        assert "are needed to compare" in observed[label].reason
    assert not observed["prediction_shift(rare)"].passed, "what it predicts is looked at all the same"
    assert not observed["loss(click)"].passed


def test_without_a_champion_what_compares_passes_and_says_so() -> None:
    pairs = Pairs(seed=5)
    observed = judge(pairs.model(noise=1.0), None, CONFIG)
    assert {each.label for each in observed if "compare" in each.reason} >= {
        *(f"{gate}({task.name})" for gate in ("loss", "too_good") for task in MODEL.tasks),
        "latency",
    }
    assert "finite" in names(observed)


def test_rows_of_few_users_are_less_evidence_than_as_many_of_many() -> None:
    """The same rows with and without knowing whose they are."""
    pairs = Pairs(seed=6)
    candidate, champion = pairs.model(noise=0.3), pairs.model()
    by_user, by_row = (
        heads(candidate, champion, CONFIG, groups)[0].loss_difference
        for groups in (candidate.scored.extra["user"], None)
    )
    assert by_user is not None
    assert by_row is not None
    assert by_user.low < by_row.low


def test_every_observation_can_be_written_as_json() -> None:
    pairs = Pairs(seed=7)
    for each in judge(not_a_number(pairs), pairs.model(), CONFIG):
        assert Observation.model_validate_json(each.model_dump_json()) == each
    assert Observation.of("some", None, float("inf"), 1.0, False, "why").observed > 1e300
