"""The grammar: what is printed is parsed to the same tree, and what is refused is shown with its place."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.errors import ConfigError
from models.ranking.expression import Binary, Expression, Field, Negative, Number
from models.ranking.parser import MAX_DEPTH, parse
from models.ranking.tokens import MAX_LENGTH
from tests.models.ranking.trees import expressions

A, B, C = Field("a"), Field("b"), Field("c")


@given(expressions)
def test_what_is_printed_is_parsed_to_the_same_tree(expression: Expression) -> None:
    assert parse(str(expression)) == expression


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("a - b - c", Binary("-", Binary("-", A, B), C)),
        ("a / b * c", Binary("*", Binary("/", A, B), C)),
        ("a + b * c", Binary("+", A, Binary("*", B, C))),
        ("(a + b) * c", Binary("*", Binary("+", A, B), C)),
        ("a ** b ** c", Binary("**", A, Binary("**", B, C))),
        ("-a ** b", Negative(Binary("**", A, B))),
        ("a ** -b", Binary("**", A, Negative(B))),
        ("-a * b", Binary("*", Negative(A), B)),
        ("--a", Negative(Negative(A))),
        ("  a\n+\t2.50 ", Binary("+", A, Number(2.5))),
        (".5e-1 + 3.", Binary("+", Number(0.05), Number(3.0))),
    ],
)
def test_what_binds_to_what(text: str, tree: Expression) -> None:
    assert parse(text) == tree


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", r"an operand is .*; found the end at character 1: write one"),
        ("a *", r"found the end at character 4, after `a \*`"),
        ("a * (1 + ) + b", r"found `\)` at character 10, after `a \* \(1 \+`"),
        ("+a", r"found `\+` at character 1"),
        ("a b", r"an operator stands between two operands; found `b` at character 3, after `a`: write one of"),
        ("2a", r"an operator stands between two operands; found `a` at character 2"),
        ("(a", r"the \( at character 1 is closed by a \); found the end at character 3"),
        ("a)", r"closes a \( before it; found `\)` at character 2"),
        ("a ^ 2", r"found '\^' at character 3, after `a`: write \*\* for powers"),
        ("a < b", r"found '<' at character 3"),
        ("a.b", r"found '\.' at character 2"),
        ("a[0]", r"found '\[' at character 2"),
        ("'a'", r'found "\'" at character 1'),
        ("a + é", r"found 'é' at character 5"),
        ("lg(a)", r"the functions are .*; found `lg` at character 1: did you mean log\?"),
        ("__import__(a)", r"the functions are .*; found `__import__`"),
        ("log(a, b)", r"log takes 1 value; found 2 at character 1"),
        ("clip(a, 0)", r"clip takes 3 values; found 2"),
        ("a + max(b)", r"max takes 2 or more values; found 1 at character 5, after `a \+`"),
        ("exp()", r"found `\)` at character 5"),
        ("1e999 * a", r"finite in 64 bits; found `1e999`"),
        ("a, b", r"found `,` at character 2"),
    ],
)
def test_what_is_refused_is_shown_with_its_place(text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        parse(text)


@pytest.mark.parametrize("deep", ["{}a{}", "-" * MAX_DEPTH + "a", "+".join("a" * (MAX_DEPTH + 1)), "a" + "**a" * 64])
def test_depth_is_bounded_however_it_comes_about(deep: str) -> None:
    with pytest.raises(ConfigError, match="lie within each other"):
        parse(deep.format("(" * MAX_DEPTH, ")" * MAX_DEPTH))


def test_a_sum_as_long_as_the_bound_is_fine() -> None:
    assert parse("+".join("a" * MAX_DEPTH)).depth == MAX_DEPTH


def test_length_is_bounded() -> None:
    assert parse("a".ljust(MAX_LENGTH)) == A
    with pytest.raises(ConfigError, match=f"at most {MAX_LENGTH} characters; found {MAX_LENGTH + 1}"):
        parse("a".ljust(MAX_LENGTH + 1))


@given(st.text(alphabet="ab01.e+-*/(), ^minlog\n", max_size=60))
def test_any_text_is_a_tree_or_a_setting_that_breaks_a_rule(text: str) -> None:
    try:
        tree = parse(text)
    except ConfigError:
        return
    assert parse(str(tree)) == tree
