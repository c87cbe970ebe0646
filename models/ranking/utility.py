"""A utility ready to score: a tree over the fields of an answer, computed in 64 bits for all rows at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.errors import ValueRefused
from models.ranking.expression import Binary, Call, Expression, Field, Negative, Number, fields_of, operands
from models.ranking.functions import FUNCTIONS, OPERATORS, Floats
from models.ranking.parser import parse

SCORE = "score"
"""The field of the answer that holds the utility."""
INDEX = "index"
"""The field of the answer that holds the places of the best rows in the request."""
Scores = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Utility:
    """What a row is worth.

    Attributes:
        expression: the tree.
        columns: by name of a field that it uses, its position among the fields of the answer.
    """

    expression: Expression
    columns: dict[str, int]

    @classmethod
    def parse(cls, text: str, fields: Sequence[str]) -> "Utility":
        """The utility of a text that `check_ranking` accepts for these fields of the answer."""
        expression = parse(text)
        return cls(expression, {name: fields.index(name) for name in fields_of(expression)})

    def __str__(self) -> str:
        return str(self.expression)

    def score(self, values: NDArray[np.float32]) -> Scores:
        """What each row is worth, [rows], as the answer says it: of 32 bits, like every other field.

        Args:
            values: predictions, [rows, fields].

        Raises:
            ValueRefused: it is not finite in a row; the message names the row and the part that is not.
        """
        scores = self.unchecked(values)
        if not np.isfinite(scores).all():
            raise self.first_broken(values)
        return scores

    @np.errstate(all="ignore")  # what is not finite is looked for afterwards, where its row is known
    def unchecked(self, values: NDArray[np.float32]) -> Scores:
        """The same with NaN and infinity, [rows]."""
        scores: Scores = _value(self.expression, self._columns_of(values)).astype(np.float32)
        return scores

    def first_broken(self, values: NDArray[np.float32]) -> ValueRefused:
        """The error that names the first of the rows whose score is not finite, and why it is not."""
        row = int(np.isfinite(self.unchecked(values)).argmin())
        return ValueRefused(SCORE, row, self._why(self._columns_of(values[row])))

    def _columns_of(self, values: NDArray[np.float32]) -> dict[str, Floats]:
        """The fields that count, of [rows, fields] or of a single row's [fields]."""
        return {name: values[..., column].astype(np.float64) for name, column in self.columns.items()}

    @np.errstate(all="ignore")
    def _why(self, row: Mapping[str, Floats]) -> str:
        """What made the score of a row something else than a finite number."""
        part = _first_not_finite(self.expression, row)
        used = dict.fromkeys(fields_of(part or self.expression))
        found = ", ".join(f"{name} = {row[name]:.9g}" for name in used)
        at = f" at {found}" if found else ""
        if part is None:
            return f"must be a number of 32 bits; found a larger one{at}: scale the utility under [ranking] down"
        return f"must be finite; `{part}` is {_value(part, row)}{at}: mend the utility under [ranking]"


def _value(expression: Expression, fields: Mapping[str, Floats]) -> Floats:
    match expression:
        case Number():
            return np.float64(expression.value)  # type: ignore[return-value]
        case Field():
            return fields[expression.name]
        case Negative():
            return np.negative(_value(expression.operand, fields))
        case Binary():
            return OPERATORS[expression.operator](_value(expression.left, fields), _value(expression.right, fields))
        case Call():
            values = [_value(argument, fields) for argument in expression.arguments]
            return FUNCTIONS[expression.function].apply(*values)


def _first_not_finite(expression: Expression, row: Mapping[str, Floats]) -> Expression | None:
    """The innermost part that is not finite, the leftmost of them; None where all parts are finite."""
    for operand in operands(expression):
        if (part := _first_not_finite(operand, row)) is not None:
            return part
    return None if np.isfinite(_value(expression, row)) else expression
