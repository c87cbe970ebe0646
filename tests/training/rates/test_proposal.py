"""From short runs to a rate: laws on made-up losses, where the best rate is known."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.rates.proposal import (
    AS_GOOD,
    BELOW_LOWEST,
    MAX_RUNS,
    MOST_LOWERED,
    RUNG,
    best_rate,
    best_rung,
    carried_over,
    is_flat,
    is_whole,
    is_worse,
    walk,
    where_to_look,
)
from training.rates.runs import Point
from training.schedules import ConstantSchedule, CosineSchedule
from training.telemetry.alarms.dead_units import LIMIT as ALARM_SHARE


def point(rung: float, loss: float | None, dead_units: float | None = 0.1) -> Point:
    return Point(1e-3 * RUNG**rung, loss, {} if loss is None else {"click": loss}, dead_units)


def valley(lowest: float, steepness: float = 0.05) -> dict[int, Point]:
    """Runs of a walk through a parabola in log rate."""
    return walk(lambda rung: point(rung, 0.5 + steepness * (rung - lowest) ** 2))


def test_a_walk_ends_when_no_run_is_left() -> None:
    assert sorted(valley(5)) == [0, 1, 2, 3]
    assert sorted(valley(-5)) == [-2, -1, 0, 1]


@pytest.mark.parametrize("lowest", [-1, 0, 1, 2])
def test_a_walk_stops_with_a_worse_neighbour_on_both_sides(lowest: int) -> None:
    compared = valley(lowest)
    assert best_rung(compared) == lowest
    assert len(compared) <= MAX_RUNS
    assert {lowest - 1, lowest + 1} <= compared.keys()


@given(lowest=st.floats(-0.9, 1.9), steepness=st.floats(0.01, 10))
def test_the_best_rate_lies_on_the_floor_around_the_lowest_point(lowest: float, steepness: float) -> None:
    compared = valley(lowest, steepness)
    found = math.log(best_rate(compared) / 1e-3, RUNG)
    assert found == pytest.approx(lowest, abs=0.51)
    if {round(lowest) - 1, round(lowest), round(lowest) + 1} == compared.keys() and steepness < 0.1:
        assert (found - round(lowest)) * (lowest - round(lowest)) >= -1e-6  # on the side of the lowest point


def test_of_rates_that_do_as_well_the_middle_is_taken() -> None:
    compared = {-1: point(-1, 0.5001), 0: point(0, 0.5), 1: point(1, 0.5001), 2: point(2, 0.5049), 3: point(3, 0.9)}
    assert best_rate(compared) == pytest.approx(1e-3 * RUNG**0.5, rel=1e-3)
    assert best_rate({0: point(0, 0.5)}) == pytest.approx(1e-3)


def test_the_floor_ends_half_way_where_the_line_to_the_neighbour_crosses_it() -> None:
    limit = AS_GOOD * 0.5
    compared = {-1: point(-1, 0.5 + 2 * limit), 0: point(0, 0.5), 1: point(1, None, None)}
    assert best_rate(compared) == pytest.approx(1e-3 * RUNG**-0.25)


losses = st.one_of(st.none(), st.floats(0.01, 3.0))
shares = st.one_of(st.none(), st.floats(0, 1))


@given(made=st.dictionaries(st.integers(-6, 6), st.tuples(losses, shares), min_size=13, max_size=13))
def test_a_rate_that_breaks_or_kills_is_never_taken(made: dict[int, tuple[float | None, float | None]]) -> None:
    compared = walk(lambda rung: point(rung, *made[rung]))
    assert 1 <= len(compared) <= MAX_RUNS
    if not any(is_whole(found) for found in compared.values()):
        return
    best = compared[best_rung(compared)]
    assert is_whole(best)
    assert best.loss == min(found.loss for found in compared.values() if found.loss is not None and is_whole(found))
    rate = best_rate(compared)
    rungs = {rung: found for rung, found in compared.items() if rate <= found.rate * 1.0001}
    if rate < best.rate and rungs:
        assert is_whole(rungs[min(rungs)])  # between two rungs the upper one was whole
    if rate > best.rate * 1.0001:
        assert is_whole(compared[best_rung(compared) + 1])


def test_a_walk_stays_on_the_ladder() -> None:
    compared = walk(lambda rung: point(rung, 1.0 - 0.1 * rung), is_open=lambda rung: -1 <= rung <= 1)
    assert sorted(compared) == [0, 1]


def test_a_walk_goes_down_while_every_run_breaks() -> None:
    compared = walk(lambda rung: point(rung, None, None))
    assert sorted(compared) == [-3, -2, -1, 0]


def test_a_walk_begins_below_the_lowest_point_of_the_whole_part_of_the_rising_run() -> None:
    rising = [
        point(0, 1.0),
        point(1, 0.9),
        point(2, 0.8),
        point(3, 0.7, dead_units=ALARM_SHARE + 0.01),
        point(4, None, None),
    ]
    found = where_to_look(rising)
    assert found == pytest.approx(rising[2].rate / BELOW_LOWEST)
    assert where_to_look([point(0, 0.9, dead_units=0.9), point(1, None, None)]) is None
    assert where_to_look([]) is None


def test_rates_that_cannot_be_told_apart_are_flat() -> None:
    assert is_flat({0: point(0, 0.5), 1: point(1, 0.5001), 2: point(2, None)})
    assert not is_flat({0: point(0, 0.5), 1: point(1, 0.55)})
    assert not is_flat({0: point(0, 0.5)})
    assert is_worse(point(3, 0.6), {0: point(0, 0.5)})
    assert is_worse(point(3, 0.5, dead_units=0.9), {0: point(0, 0.5)})
    assert not is_worse(point(3, 0.5), {0: point(0, 0.5)})


@given(rate=st.floats(1e-6, 10), steps=st.integers(1, 300), times=st.integers(1, 200))
def test_a_longer_training_never_gets_a_higher_rate(rate: float, steps: int, times: int) -> None:
    constant = ConstantSchedule()
    found = carried_over(rate, steps, constant, steps * times)
    assert rate * MOST_LOWERED * 0.999 <= found <= rate * 1.001
    assert carried_over(rate, steps, constant, steps * times * 2) <= found
    assert carried_over(rate, steps, constant, steps) == rate
    assert found == pytest.approx(rate * max(MOST_LOWERED, times**-0.5))


def test_a_schedule_that_falls_leaves_more_of_the_rate() -> None:
    cosine = CosineSchedule(kind="cosine")
    assert carried_over(1.0, 100, cosine, 2_000) == pytest.approx((100 / (2_000 * 3 / 8)) ** 0.5, rel=1e-3)
