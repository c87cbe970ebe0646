"""From the bytes of a body to typed columns: one reader for the three forms of a request."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from models.columns import Columns
from models.errors import ValueRefused
from models.features import Feature
from models.predictor import typed_column
from service.json_body import json_kind, parse_json
from service.names import NameCheck, shown
from service.refusal import TOO_MANY_ROWS, WRONG_SHAPE, WRONG_VALUE, Refusal

Features = Mapping[str, Feature]
Row = dict[str, object]


@dataclass(frozen=True, slots=True)
class PredictRequest:
    """Rows to predict.

    Attributes:
        columns: typed columns of `num_rows` rows; an absent feature is missing in all of them.
        num_rows: at least 1.
        context: typed columns of one row that is meant for all rows.
    """

    columns: Columns
    num_rows: int
    context: Columns | None = None


class RequestReader:
    """Reads requests for a model with these features.

    Args:
        features: of the model.
        max_rows: of one request.
    """

    def __init__(self, features: Sequence[Feature], max_rows: int) -> None:
        self.max_rows = max_rows
        self._features = {feature.name: feature for feature in features}
        self._context_names = NameCheck(features, "context")
        self._candidate_names = NameCheck(features, "candidate")
        self._any_names = NameCheck(features, None)
        self._forms: dict[str, tuple[set[str], Callable[[dict[str, Any]], PredictRequest]]] = {
            "candidates": ({"candidates", "context"}, self._read_candidates),
            "instances": ({"instances"}, self._read_instances),
            "columns": ({"columns"}, self._read_columns),
        }

    def read(self, body: bytes) -> PredictRequest:
        """The typed columns of a body.

        Raises:
            Refusal: naming the row and the field where there is one.
        """
        document = parse_json(body)
        forms = [name for name in self._forms if name in document]
        if len(forms) != 1:
            raise Refusal(
                WRONG_SHAPE,
                f"a body has exactly one of `candidates` (with `context`), `instances` and `columns`; found "
                f"{' and '.join(forms) or 'none of them'}: send one",
            )
        allowed, read = self._forms[forms[0]]
        for name in document.keys() - allowed:
            raise Refusal(WRONG_SHAPE, f"beside `{forms[0]}` there is no `{shown(name)}`: remove it", field=shown(name))
        try:
            return read(document)
        except ValueRefused as error:
            raise Refusal(WRONG_VALUE, str(error), row=error.row, field=error.field) from None

    def _read_candidates(self, document: dict[str, Any]) -> PredictRequest:
        context = document.get("context")
        if not isinstance(context, dict):
            raise Refusal(
                WRONG_SHAPE,
                f"`context` is the object of features that all candidates share; found {json_kind(context)}: "
                f"send {{}} where nothing is known of it",
                field="context",
            )
        self._context_names.check(context, None)
        rows = self._rows(document["candidates"], "candidates", self._candidate_names)
        return PredictRequest(self._columns_of(rows), len(rows), self._context_columns(context))

    def _read_instances(self, document: dict[str, Any]) -> PredictRequest:
        rows = self._rows(document["instances"], "instances", self._any_names)
        return PredictRequest(self._columns_of(rows), len(rows))

    def _read_columns(self, document: dict[str, Any]) -> PredictRequest:
        columns = document["columns"]
        if not isinstance(columns, dict):
            raise Refusal(WRONG_SHAPE, f"`columns` is an object of lists; found {json_kind(columns)}", field="columns")
        self._any_names.check(columns, None)
        num_rows = self._agreed_length(columns)
        return PredictRequest(
            {name: typed_column(self._features[name], values) for name, values in columns.items()}, num_rows
        )

    def _rows(self, rows: object, form: str, names: NameCheck) -> list[Row]:
        if not isinstance(rows, list):
            raise Refusal(WRONG_SHAPE, f"`{form}` is a list of objects; found {json_kind(rows)}", field=form)
        self._check_num_rows(len(rows), form)
        for position, row in enumerate(rows):
            if not isinstance(row, dict):
                raise Refusal(
                    WRONG_SHAPE,
                    f"`{form}` is a list of objects; found {json_kind(row)} at row {position}",
                    row=position,
                    field=form,
                )
            names.check(row, position)
        return rows

    def _columns_of(self, rows: list[Row]) -> Columns:
        present: set[str] = set().union(*rows)
        return {
            name: typed_column(feature, [row.get(name) for row in rows])
            for name, feature in self._features.items()
            if name in present
        }

    def _context_columns(self, context: Row) -> Columns:
        columns = {}
        for name, value in context.items():
            try:
                columns[name] = typed_column(self._features[name], [value])
            except ValueRefused as error:
                raise Refusal(WRONG_VALUE, f"context, field '{name}': {error.rule}", field=name) from None
        return columns

    def _agreed_length(self, columns: dict[str, Any]) -> int:
        lengths: dict[str, int] = {}
        for name, values in columns.items():
            if not isinstance(values, list):
                raise Refusal(WRONG_SHAPE, f"a column is a list; found {json_kind(values)} as '{name}'", field=name)
            lengths[name] = len(values)
            first = next(iter(lengths))
            if len(values) != lengths[first]:
                raise Refusal(
                    WRONG_SHAPE,
                    f"columns are equally long; found {lengths[first]} rows in '{first}' and {len(values)} in "
                    f"'{name}': send null for missing values",
                    field=name,
                )
        num_rows = max(lengths.values(), default=0)
        self._check_num_rows(num_rows, "columns")
        return num_rows

    def _check_num_rows(self, num_rows: int, form: str) -> None:
        if num_rows == 0:
            raise Refusal(WRONG_SHAPE, f"a request has at least one row; found none in `{form}`", field=form)
        if num_rows > self.max_rows:
            raise Refusal(
                TOO_MANY_ROWS,
                f"a request has at most {self.max_rows} rows; found {num_rows} in `{form}`: send them in parts",
                field=form,
            )
