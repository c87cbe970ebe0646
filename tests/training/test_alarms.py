"""Alarms: each rule at its limit, what is on purpose raises none, and planted faults are found by name."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.training.test_telemetry import batches, make_steps, trainer
from tests.training.worlds import silent, small_config
from training.history import Alarm, Reading
from training.pipeline import Prepared, prepare
from training.telemetry.alarms import Finding, Rule, Watch, all_rules
from training.telemetry.alarms.conflict import ConflictRule
from training.telemetry.alarms.dead_units import DeadUnitsRule
from training.telemetry.alarms.gradient_jump import FEWEST, GradientJumpRule
from training.telemetry.alarms.starved_task import StarvedTaskRule
from training.telemetry.alarms.too_fast import TooFastRule
from training.telemetry.alarms.too_slow import TooSlowRule
from training.telemetry.alarms.watch import Episode

ROOT = Path(__file__).parent.parent.parent
RATES = {"embeddings": 0.1, "shared": 1e-3, "heads.click": 1e-3, "heads.dwell": 1e-3, "weighting": 1e-2}
HEALTHY = Reading(
    step=41,
    rows=41 * 2_048,
    losses={"click": 0.9, "dwell": 0.95},
    weights={"click": 0.5, "dwell": 0.6},
    sigmas={"click": 1.3, "dwell": 1.2},
    learning_rates=RATES,
    dead_unit_shares={"shared": 0.1, "heads.click": 0.3, "heads.dwell": 0.5},
    gradient_norms={"embeddings": 0.05, "shared": 0.2, "heads.click": 0.04, "heads.dwell": 0.3, "weighting": 0.1},
    update_ratios={"embeddings": 1.9, "shared": 0.02, "heads.click": 0.01, "heads.dwell": 0.003, "weighting": 0.9},
    pull_shares={"click": 0.2, "dwell": 0.8},
    cosines={"click / dwell": -0.05},
    norm_ratios={"click / dwell": 0.25},
)


def followed(rule: Rule, readings: Sequence[Reading]) -> list[Alarm]:
    watch = Watch([rule])
    return [alarm for reading in readings for alarm in watch.alarms(reading)]


def with_(part: str, **values: float) -> Reading:
    """The healthy reading with other values in one of its parts; `_` stands for a dot in a name."""
    named = {name.replace("heads_", "heads.").replace("click_dwell", "click / dwell"): v for name, v in values.items()}
    return replace(HEALTHY, **{part: {**getattr(HEALTHY, part), **named}})


BEYOND = [
    (DeadUnitsRule(), with_("dead_unit_shares", heads_click=0.61), "heads.click", "61%"),
    (TooFastRule(), with_("update_ratios", heads_dwell=0.9), "heads.dwell", "90%"),
    (TooSlowRule(RATES, 2_000), with_("update_ratios", shared=4e-6), "shared", "0.008"),
    (StarvedTaskRule(), with_("pull_shares", click=0.004), "shared", "click has 0.40%"),
    (ConflictRule(), with_("cosines", click_dwell=-0.6), "shared", "click and dwell"),
]


@pytest.mark.parametrize(
    ("rule", "reading", "subnet", "evidence"), BEYOND, ids=lambda value: getattr(value, "kind", "")
)
def test_what_goes_on_is_told_once_with_subnet_and_evidence(
    rule: Rule, reading: Reading, subnet: str, evidence: str
) -> None:
    assert followed(rule, [reading] * (rule.readings - 1)) == []
    (alarm,) = followed(rule, [reading] * (3 * rule.readings))
    assert (alarm.subnet, alarm.kind) == (subnet, rule.kind)
    assert evidence in alarm.evidence
    assert "[" in alarm.advice or "kind" in alarm.advice, "the way out names a setting"
    ends_and_begins = [reading] * rule.readings + [HEALTHY] * rule.readings + [reading] * rule.readings
    assert len(followed(rule, ends_and_begins)) == 2


def test_no_rule_finds_anything_in_a_healthy_reading() -> None:
    watch = Watch(all_rules(RATES, 1_000))
    assert [alarm for _ in range(60) for alarm in watch.alarms(HEALTHY)] == []


@pytest.mark.parametrize(
    ("rule", "reading"),
    [
        (DeadUnitsRule(), replace(with_("dead_unit_shares", heads_click=0.7), step=1)),
        (TooSlowRule(RATES, 1), replace(with_("update_ratios", shared=0.0), learning_rates={**RATES, "shared": 0.0})),
        (TooSlowRule(RATES, 1), replace(with_("update_ratios", shared=1e-9), learning_rates={**RATES, "shared": 1e-5})),
        (TooSlowRule(RATES, 1), replace(with_("update_ratios", shared=0.0), gradient_norms={"shared": 0.0})),
        (StarvedTaskRule(), replace(with_("pull_shares", click=0.0), weights={"click": 0.0, "dwell": 1.0})),
        (StarvedTaskRule(), replace(with_("pull_shares", click=0.004), label_shares={"click": 0.1, "dwell": 1.0})),
        (StarvedTaskRule(), replace(with_("pull_shares", click=0.0), losses={"click": 0.05, "dwell": 1.0})),
    ],
    ids=[
        "before the first weights moved",
        "frozen",
        "in its warm-up",
        "without a gradient",
        "with a weight of zero",
        "rare",
        "solved",
    ],
)
def test_what_is_on_purpose_is_no_alarm(rule: Rule, reading: Reading) -> None:
    assert followed(rule, [reading] * 100) == []


class TestGradientJump:
    def test_a_gradient_is_measured_against_its_own_past(self) -> None:
        past = [with_("gradient_norms", heads_dwell=0.1 + 0.01 * n) for n in range(FEWEST)]
        jump = with_("gradient_norms", heads_dwell=9.0)
        assert followed(GradientJumpRule(), [*past, jump, HEALTHY, jump]) == [], "one odd batch"
        (alarm,) = followed(GradientJumpRule(), [*past, jump, jump, jump])
        assert (alarm.subnet, alarm.kind) == ("heads.dwell", "gradient_jump")
        assert "median 0.15" in alarm.evidence

    def test_the_first_readings_are_no_past(self) -> None:
        growing = [with_("gradient_norms", shared=0.001 * 10.0**n) for n in range(FEWEST)]
        assert followed(GradientJumpRule(), growing) == []


class Told(Rule):
    """Finds what a list says: None is a gap."""

    kind = "told"
    readings = 3

    def judge(self, reading: Reading) -> dict[str, Finding | None]:
        found = reading.losses.get("found")
        return {} if found is None else {"it": Finding("shared", "evidence", "advice") if found else None}


def told(found: Sequence[bool | None]) -> list[int]:
    """Numbers of the readings at which an alarm was raised."""
    watch, raised = Watch([Told()]), []
    for number, value in enumerate(found):
        reading = replace(HEALTHY, losses={} if value is None else {"found": float(value)})
        raised += [number] * len(watch.alarms(reading))
    return raised


class TestEpisodes:
    def test_an_odd_reading_neither_begins_nor_ends_one(self) -> None:
        assert told([True, True, False, True, True]) == []
        assert told([True, True, True, False, True, True, False, False, True, True, True]) == [2]
        assert told([True] * 3 + [False] * 3 + [True] * 3) == [2, 8]

    def test_a_gap_changes_nothing(self) -> None:
        assert told([True, None, True, None, None, True]) == [5]

    @given(st.lists(st.booleans(), max_size=60))
    def test_episodes_are_as_long_as_their_beginning_asks_for(self, found: list[bool]) -> None:
        episode, begun, run = Episode(), 0, 0
        for value in found:
            run = run + 1 if value else 0
            if episode.begins(value, 3):
                assert run == 3, "an alarm is raised by the third finding in a row, and by no other"
                begun += 1
        assert begun <= (len(found) + 3) // 6, "three findings begin an episode, three calm readings end it"


@pytest.fixture(scope="module")
def prepared(world: Path) -> Prepared:
    return prepare(small_config(world), silent())


def adamw(rate: float) -> dict[str, Any]:
    return {"kind": "adamw", "learning_rate": rate}


class TestPlanted:
    @pytest.mark.parametrize("task", ["click", "dwell", "conversion"])
    def test_a_rate_that_moves_nothing_is_found(self, prepared: Prepared, task: str) -> None:
        of = trainer(prepared, telemetry_every=5, optimizers={f"heads.{task}": adamw(1e-8)})
        make_steps(of, 60)
        (alarm,) = of.history.alarms
        assert (alarm.subnet, alarm.kind) == (f"heads.{task}", "too_slow")
        assert "1e-08" in alarm.advice

    def test_a_starved_task_is_found(self, prepared: Prepared) -> None:
        weights = {"click": 1.0, "dwell": 1.0, "conversion": 1e-5}
        of = trainer(prepared, telemetry_every=2, weighting={"kind": "fixed", "weights": weights})
        make_steps(of, 30)
        (alarm,) = of.history.alarms
        assert (alarm.subnet, alarm.kind) == ("shared", "starved_task")
        assert alarm.evidence.startswith("conversion ")

    def test_a_unit_that_changes_inside_the_log_is_found(self, prepared: Prepared) -> None:
        of = trainer(prepared, telemetry_every=2)
        stream = batches(of)
        for number in range(60):
            batch = next(stream)
            if number >= 40:
                batch.labels["dwell"].mul_(1e9)
            of.step(batch)
        raised = {(alarm.subnet, alarm.kind) for alarm in of.history.alarms}
        assert ("heads.dwell", "gradient_jump") in raised
        assert not {subnet for subnet, _ in raised} & {"heads.click", "heads.conversion"}


def test_every_rule_is_on_the_page() -> None:
    page = (ROOT / "docs" / "telemetry.md").read_text(encoding="utf-8")
    for rule in all_rules({}, 1):
        assert f"`{rule.kind}`" in page
