"""From an Arrow IPC stream to a request: a column a feature, and what the rows share in the schema's metadata."""

from collections.abc import Mapping, Sequence
from typing import Any

from models.columns import Columns
from models.errors import ValueRefused
from models.features import Feature
from models.predictor import typed_column
from service.arrow.batch import BatchReader, Values
from service.arrow.broken import BrokenStream
from service.arrow.layout import Schema, read_schema
from service.arrow.messages import DICTIONARY_BATCH, RECORD_BATCH, SCHEMA, Message, messages
from service.body.context import ContextReader
from service.body.options import OPTION_NAMES, read_options
from service.json_body import parse_json
from service.names import NameCheck, shown
from service.refusal import TOO_MANY_ROWS, WRONG_SHAPE, WRONG_VALUE, Refusal
from service.request import AnswerOptions, PredictRequest

CONTEXT = "threefold.context"
"""The metadata that holds the features which all rows share, a JSON object."""
OPTIONS = "threefold.options"
"""The metadata that holds `layout` and `top_k`, a JSON object."""
ARROW = "application/vnd.apache.arrow.stream"


class ArrowReader:
    """Reads streams for a model with these features.

    Args:
        features: of the model.
        max_rows: of one request.
    """

    def __init__(self, features: Sequence[Feature], max_rows: int) -> None:
        self._features = {feature.name: feature for feature in features}
        self._max_rows = max_rows
        self._context = ContextReader(features)
        self._candidate_names = NameCheck(features, "candidate")
        self._any_names = NameCheck(features, None)

    def read(self, body: bytes) -> PredictRequest:
        """The typed columns of a stream.

        Raises:
            Refusal: naming the row and the field where there is one.
        """
        stream = messages(body)
        schema = self._schema(next(stream, None))
        context = self._shared(schema)
        values, num_rows = self._values(stream, schema)
        options = _options(schema.metadata.get(OPTIONS, "{}"))
        try:
            columns = {name: typed_column(self._features[name], column) for name, column in values.items()}
        except ValueRefused as error:
            raise Refusal(WRONG_VALUE, str(error), row=error.row, field=error.field) from None
        return PredictRequest(columns, num_rows, context, options)

    def _schema(self, first: Message | None) -> Schema:
        if first is None or first.kind != SCHEMA:
            raise BrokenStream("no schema as its first message")
        # One column more than there are features: its name says more than its number.
        return read_schema(first.header, len(self._features) + 1)

    def _shared(self, schema: Schema) -> Columns | None:
        """The context, where there is one; the columns of the stream are then those of candidates alone."""
        sent = schema.metadata.get(CONTEXT)
        if sent is None:
            self._any_names.check(schema.columns, None)
            return None
        context = self._context.checked(parse_json(sent.encode()), dict(schema.columns))
        self._candidate_names.check(schema.columns, None)
        return self._context.columns(context)

    def _values(self, stream: Any, schema: Schema) -> tuple[Mapping[str, Values], int]:
        """A value a row for each column, and how many rows there are."""
        columns: dict[str, Values] = {name: [] for name in schema.columns}
        dictionaries: dict[int, Values] = {}
        num_rows = 0
        for message in stream:
            if message.kind == DICTIONARY_BATCH:
                self._take_dictionary(message, schema, dictionaries)
                continue
            if message.kind != RECORD_BATCH:
                raise BrokenStream("a message that is no batch")
            batch = BatchReader(message.header, message.body, dictionaries, self._max_rows)
            num_rows += batch.num_rows
            if not 0 <= batch.num_rows <= num_rows <= self._max_rows:
                raise self._too_many(num_rows)
            if batch.num_rows:
                for name, layout in schema.columns.items():
                    columns[name] += batch.column(layout)
        if not num_rows:
            raise Refusal(WRONG_SHAPE, "a request has at least one row; found none in the stream")
        return columns, num_rows

    def _take_dictionary(self, message: Message, schema: Schema, dictionaries: dict[int, Values]) -> None:
        """Keep the values of a dictionary, or add them to those before."""
        number, data = message.header.number(0, "<q"), message.header.table(1)
        layout = schema.dictionaries.get(number)
        if data is None or layout is None:
            raise BrokenStream("a dictionary of no column")
        values = BatchReader(data, message.body, dictionaries, self._max_rows).column(layout)
        if message.header.number(2, "<B"):
            dictionaries.setdefault(number, []).extend(values)
        else:
            dictionaries[number] = values

    def _too_many(self, num_rows: int) -> Refusal:
        if num_rows <= self._max_rows:
            return BrokenStream("a batch of less than no rows")
        return Refusal(
            TOO_MANY_ROWS,
            f"a request has at most {self._max_rows} rows; found {num_rows} or more in the stream: send them in parts",
        )


def _options(text: str) -> AnswerOptions:
    document = parse_json(text.encode())
    for name in document.keys() - OPTION_NAMES:
        raise Refusal(WRONG_SHAPE, f"`{OPTIONS}` holds no `{shown(name)}`: remove it", field=shown(name))
    return read_options(document)
