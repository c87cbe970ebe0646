"""Sketches tell copies, in whatever order and however cut, and say nothing of rows that are alike anyway."""

import numpy as np
import pytest

from models.columns import Categories
from models.distinct import Integers, Texts
from training.profiling.fingerprint import FEWEST, SIZE, Sketch, chosen, quick_hashes, shared, with_categories

DAY = 86_400_000_000
ROWS = 20_000


def rows(seed: int, resolution: int = 1_000) -> tuple[np.ndarray, dict[str, np.ndarray], Categories]:
    """Times, labels and users of a day."""
    random = np.random.default_rng(seed)
    times = random.integers(0, DAY // resolution, ROWS) * resolution
    labels = {"click": (random.random(ROWS) < 0.1) * 1.0, "dwell": np.where(random.random(ROWS) < 0.5, np.nan, 3.0)}
    return times, labels, Categories(Integers(np.arange(1_000)), random.integers(-1, 1_000, ROWS))


def sketch(
    times: np.ndarray, labels: dict[str, np.ndarray], users: Categories, order: np.ndarray | None = None, cuts: int = 1
) -> tuple[int, ...]:
    found = Sketch()
    for part in np.array_split(np.arange(len(times)) if order is None else order, cuts):
        quick = quick_hashes(times[part], {name: label[part] for name, label in labels.items()})
        kept = chosen(quick)
        found.add(with_categories(quick[kept], [Categories(users.values, users.codes[part][kept])]))
    return found.hashes


def test_a_copy_under_another_date_shares_everything_in_whatever_order() -> None:
    times, labels, users = rows(0)
    shuffled = np.random.default_rng(1).permutation(ROWS)
    copy = sketch(times + 3 * DAY, labels, users, shuffled, cuts=7)
    assert copy == sketch(times, labels, users)
    assert len(copy) == SIZE
    assert shared(copy, copy) == 1.0


def test_other_days_share_next_to_nothing() -> None:
    assert shared(sketch(*rows(0)), sketch(*rows(1))) == pytest.approx(0, abs=0.05)


def test_the_share_of_a_partial_copy_is_about_right() -> None:
    (times, labels, users), (others, other_labels, other_users) = rows(0), rows(1)
    half = np.arange(ROWS) < ROWS // 2
    mixed = sketch(
        np.where(half, times, others),
        {name: np.where(half, labels[name], other_labels[name]) for name in labels},
        Categories(users.values, np.where(half, users.codes, other_users.codes)),
    )
    assert shared(mixed, sketch(times, labels, users)) == pytest.approx(0.5, abs=0.15)


def test_few_rows_say_nothing() -> None:
    few = tuple(range(FEWEST - 1))
    assert shared(few, few) is None


def test_the_same_ids_as_text_and_as_numbers_may_differ_but_each_depends_on_the_id() -> None:
    hashes = np.arange(4, dtype=np.uint64)
    for values in (Integers(np.array([7, 8])), Texts.of(["7", "8"])):
        one, other = (with_categories(hashes, [Categories(values, np.full(4, code))]) for code in (0, 1))
        assert not set(one.tolist()) & set(other.tolist())
        assert len(set(with_categories(hashes, [Categories(values, np.full(4, -1))]).tolist())) == 4
    assert int(one.max()) < 2**53
