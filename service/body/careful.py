"""The careful way through a JSON body: it takes every spelling of a value and says what is wrong with the rest."""

from collections.abc import Mapping, Sequence
from typing import Any

from models.columns import Columns
from models.errors import ValueRefused
from models.features import Feature
from models.predictor import typed_column
from service.body.context import ContextReader, Row
from service.body.options import OPTION_NAMES, read_options
from service.json_body import json_kind, parse_json
from service.names import NameCheck, shown
from service.refusal import TOO_MANY_ROWS, WRONG_SHAPE, WRONG_VALUE, Refusal
from service.request import PredictRequest

_FORMS = {"candidates": {"candidates", "context"}, "instances": {"instances"}, "columns": {"columns"}}


class CarefulReader:
    """Reads JSON bodies for a model with these features.

    Args:
        features: of the model.
        max_rows: of one request.
    """

    def __init__(self, features: Sequence[Feature], max_rows: int) -> None:
        self.max_rows = max_rows
        self._features = {feature.name: feature for feature in features}
        self._context = ContextReader(features)
        self._candidate_names = NameCheck(features, "candidate")
        self._any_names = NameCheck(features, None)

    def read(self, body: bytes) -> PredictRequest:
        """The typed columns of a body.

        Raises:
            Refusal: naming the row and the field where there is one.
        """
        document = parse_json(body)
        forms = [name for name in _FORMS if name in document]
        if len(forms) != 1:
            raise Refusal(
                WRONG_SHAPE,
                f"a body has exactly one of `candidates` (with `context`), `instances` and `columns`; found "
                f"{' and '.join(forms) or 'none of them'}: send one",
            )
        form = forms[0]
        for name in document.keys() - _FORMS[form] - OPTION_NAMES:
            raise Refusal(WRONG_SHAPE, f"beside `{form}` there is no `{shown(name)}`: remove it", field=shown(name))
        options = read_options(document)
        has_context = form == "candidates"
        context = self._context.checked(document.get("context"), document[form]) if has_context else {}
        try:
            columns, num_rows = self._table(document[form], form)
        except ValueRefused as error:
            raise Refusal(WRONG_VALUE, str(error), row=error.row, field=error.field) from None
        return PredictRequest(columns, num_rows, self._context.columns(context) if has_context else None, options)

    def _table(self, sent: object, form: str) -> tuple[Columns, int]:
        """The columns of what a form holds, and how many rows they are."""
        names = self._candidate_names if form == "candidates" else self._any_names
        if form == "columns" or (form == "candidates" and isinstance(sent, dict)):
            return self._of_columns(sent, form, names)
        rows = self._rows(sent, form, names)
        present: set[str] = set().union(*rows)
        columns = {
            name: typed_column(feature, [row.get(name) for row in rows])
            for name, feature in self._features.items()
            if name in present
        }
        return columns, len(rows)

    def _of_columns(self, sent: object, form: str, names: NameCheck) -> tuple[Columns, int]:
        if not isinstance(sent, dict):
            raise Refusal(WRONG_SHAPE, f"`{form}` is an object of lists; found {json_kind(sent)}", field=form)
        names.check(sent, None)
        num_rows = self._agreed_length(sent, form)
        return {name: typed_column(self._features[name], values) for name, values in sent.items()}, num_rows

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

    def _agreed_length(self, columns: Mapping[str, Any], form: str) -> int:
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
        self._check_num_rows(num_rows, form)
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
