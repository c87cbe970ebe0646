"""Random trees of utilities."""

from hypothesis import strategies as st

from models.ranking.expression import Binary, Call, Expression, Field, Negative, Number
from models.ranking.functions import FUNCTIONS, OPERATORS

FIELDS = ("click", "dwell", "min", "conversion")
"""A field may have the name of a function: what stands before a ( is a function, all else a field."""


def _calls(operands: st.SearchStrategy[Expression]) -> st.SearchStrategy[Expression]:
    def call(name: str) -> st.SearchStrategy[Expression]:
        function = FUNCTIONS[name]
        lists = st.lists(operands, min_size=function.fewest, max_size=function.most or function.fewest + 2)
        return lists.map(lambda arguments: Call(name, tuple(arguments)))

    return st.sampled_from(sorted(FUNCTIONS)).flatmap(call)


def _larger(operands: st.SearchStrategy[Expression]) -> st.SearchStrategy[Expression]:
    return st.one_of(
        st.builds(Negative, operands),
        st.builds(Binary, st.sampled_from(sorted(OPERATORS)), operands, operands),
        _calls(operands),
    )


numbers = st.one_of(st.integers(0, 10**6).map(float), st.floats(min_value=0, allow_nan=False, allow_infinity=False))
expressions: st.SearchStrategy[Expression] = st.recursive(
    st.one_of(st.sampled_from(FIELDS).map(Field), numbers.map(Number)), _larger, max_leaves=12
)
