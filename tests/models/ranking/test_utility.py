"""Scores are what the expression is worth, in 64 bits, for every row; and nothing else than finite numbers."""

import ast
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from models.errors import ValueRefused
from models.ranking import Utility
from models.ranking.expression import Expression, fields_of
from tests.models.ranking.trees import FIELDS, expressions

EXAMPLE = "click * (1 + 0.02 * dwell) + 30 * conversion"
rows = hnp.arrays(
    np.float32,
    hnp.array_shapes(min_dims=1, max_dims=1, max_side=5).map(lambda shape: (*shape, len(FIELDS))),
    elements=st.one_of(st.floats(0, 1, width=32), st.floats(-100, 1000, width=32)),
)


class _Wide(ast.NodeTransformer):
    """Numbers become numpy's, which divide by zero and overflow without an exception."""

    def visit_Constant(self, node: ast.Constant) -> ast.Call:
        return ast.Call(ast.Name("float64", ast.Load()), [node], [])


def by_python(text: str, row: np.ndarray) -> float:
    """What Python makes of the text."""
    functions = {
        "abs": abs,
        "clip": lambda value, low, high: np.minimum(np.maximum(value, low), high),
        "exp": np.exp,
        "log": np.log,
        "log1p": np.log1p,
        "max": lambda *values: np.max(values),
        "min": lambda *values: np.min(values),
        "sqrt": np.sqrt,
    }
    tree: Any = ast.parse(text, mode="eval")
    for node in ast.walk(tree):  # a field may have the name of a function
        if isinstance(node, ast.Call):
            node.func.id = f"call_{node.func.id}"
    tree = ast.fix_missing_locations(_Wide().visit(tree))
    names = {f"call_{name}": function for name, function in functions.items()} | {"float64": np.float64}
    fields = {name: np.float64(value) for name, value in zip(FIELDS, row, strict=True)}
    with np.errstate(all="ignore"):
        return float(np.float32(eval(compile(tree, "utility", "eval"), {"__builtins__": {}, **names, **fields})))


@given(expressions.filter(lambda each: next(fields_of(each), None) is not None), rows)
def test_scores_are_what_python_makes_of_the_same_text(expression: Expression, values: np.ndarray) -> None:
    expected = [by_python(str(expression), row) for row in values]
    utility = Utility.parse(str(expression), FIELDS)
    if np.isfinite(expected).all():
        np.testing.assert_allclose(utility.score(values), np.float32(expected), rtol=1e-6)
    else:
        with pytest.raises(ValueRefused) as found:
            utility.score(values)
        assert (found.value.field, found.value.row) == ("score", int(np.isfinite(expected).argmin()))


def test_a_row_is_worth_the_same_among_any_others() -> None:
    values = np.random.default_rng(0).random((50, len(FIELDS)), dtype=np.float32)
    utility = Utility.parse(EXAMPLE, FIELDS)
    order = np.random.default_rng(1).permutation(50)
    np.testing.assert_array_equal(utility.score(values)[order], utility.score(values[order]))
    np.testing.assert_array_equal(utility.score(values)[7:8], utility.score(values[7:8]))


def test_it_computes_in_64_bits_and_answers_in_32() -> None:
    utility = Utility.parse("(click + 100000000 - 100000000) * 1", FIELDS)
    scores = utility.score(np.array([[0.25, 0, 0, 0]], dtype=np.float32))
    assert scores.dtype == np.float32
    assert scores[0] == 0.25


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("dwell + log(click - 0.5)", r"row 1, .*must be finite; `log\(click - 0.5\)` is nan at click = 0.25: mend"),
        ("1 / (click - 0.25)", r"row 1, .*`1 / \(click - 0.25\)` is inf at click = 0.25"),
        ("sqrt(log(click - 0.5) ** 2)", r"row 1, .*`log\(click - 0.5\)` is nan at"),
        ("click + exp(1000)", r"row 0, .*`exp\(1000\)` is inf: mend"),
        ("click * 1e39", r"row 0, .*a number of 32 bits; found a larger one at click = 0.75: scale"),
    ],
)
def test_a_score_that_is_not_finite_is_refused_with_the_part_that_is_not(text: str, message: str) -> None:
    values = np.array([[0.75, 1, 0, 0], [0.25, 1, 0, 0], [0.25, 1, 0, 0]], dtype=np.float32)
    with pytest.raises(ValueRefused, match=message):
        Utility.parse(text, FIELDS).score(values)
