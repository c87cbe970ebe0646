"""A request as the engine takes it, whatever it was read from."""

from dataclasses import dataclass, field
from typing import Literal

from models.columns import Columns

Layout = Literal["rows", "columns"]


@dataclass(frozen=True, slots=True)
class AnswerOptions:
    """How the answer is to look.

    Attributes:
        layout: a list of rows, or a list for each field.
        top_k: only so many of the best rows, best first, with their positions; None is all rows in the order sent.
    """

    layout: Layout = "rows"
    top_k: int | None = None


@dataclass(frozen=True, slots=True)
class PredictRequest:
    """Rows to predict.

    Attributes:
        columns: typed columns of `num_rows` rows; an absent feature is missing in all of them.
        num_rows: at least 1.
        context: typed columns of one row that is meant for all rows.
        options: of the answer.
    """

    columns: Columns
    num_rows: int
    context: Columns | None = None
    options: AnswerOptions = field(default_factory=AnswerOptions)
