"""From the bytes of a request for inference to rows to predict."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from models.columns import Column
from models.config import ModelConfig
from models.ranking import INDEX
from service.inference_protocol.binary import binary_tensor, check_sizes, parted
from service.inference_protocol.header import Header, Input, parse_header
from service.inference_protocol.json_data import json_tensor
from service.inference_protocol.tensor import Tensor
from service.inference_protocol.typed import column_of, repeated
from service.names import NameCheck, shown
from service.refusal import TOO_MANY_ROWS, UNKNOWN_OUTPUT, WRONG_SHAPE, Refusal
from service.request import AnswerOptions, PredictRequest


@dataclass(frozen=True, slots=True)
class InferRequest:
    """A request that can be predicted.

    Attributes:
        header: what it says of itself.
        rows: to predict.
    """

    header: Header
    rows: PredictRequest


class InferReader:
    """Reads requests for one model.

    Args:
        model: its features are the inputs, the fields of its answers are the outputs.
        max_rows: of one request.
    """

    def __init__(self, model: ModelConfig, max_rows: int) -> None:
        self.max_rows = max_rows
        self._features = {feature.name: feature for feature in model.features}
        self._names = NameCheck(model.features, None)
        self._fields = model.answer_fields

    def read(self, body: bytes, header_length: str | None) -> InferRequest:
        """The request of a body.

        Args:
            body: decompressed.
            header_length: see `binary.parted`.

        Raises:
            Refusal: for all that can be wrong with it.
        """
        document, binary = parted(body, header_length)
        header = parse_header(document)
        self._names.check({each.name: each for each in header.inputs}, None)
        self._check_outputs(header)
        num_rows = self._num_rows(header.inputs)
        check_sizes(header.inputs, binary)
        tensors, start = [], 0
        for declared in header.inputs:
            end = start + (declared.num_bytes or 0)
            tensors.append(
                json_tensor(declared) if declared.num_bytes is None else binary_tensor(declared, binary[start:end])
            )
            start = end
        rows = self._rows(tensors, num_rows)
        return InferRequest(header, replace(rows, options=AnswerOptions(top_k=header.top_k)))

    def _rows(self, tensors: Sequence[Tensor], num_rows: int) -> PredictRequest:
        """Context that is one row for all of them stays one row, unless other context has a value a row."""
        columns: dict[str, Column] = {}
        context: dict[str, Column] = {}
        for tensor in tensors:
            feature = self._features[tensor.name]
            is_shared = feature.scope == "context" and tensor.shape[0] == 1
            (context if is_shared else columns)[tensor.name] = column_of(feature, tensor)
        if all(self._features[name].scope == "candidate" for name in columns):
            return PredictRequest(columns, num_rows, context)
        return PredictRequest(
            columns | {name: repeated(column, num_rows) for name, column in context.items()}, num_rows
        )

    def _num_rows(self, inputs: Sequence[Input]) -> int:
        """What the first dimensions agree on; 1 stands for any number where the feature is of the context."""
        if not inputs:
            raise Refusal(WRONG_SHAPE, "a request has at least one input; found none in `inputs`", field="inputs")
        first = max(inputs, key=self._fixes_rows)
        num_rows = first.shape[0]
        for each in inputs:
            broadcast = each.shape[0] == 1 and self._features[each.name].scope == "context"
            if each.shape[0] != num_rows and not broadcast:
                raise Refusal(
                    WRONG_SHAPE,
                    f"all inputs have the same first dimension, and context features may have 1; found {num_rows} in "
                    f"'{first.name}' and {each.shape[0]} in '{each.name}': mend their shapes",
                    field=each.name,
                )
        if num_rows == 0:
            raise Refusal(
                WRONG_SHAPE, f"a request has at least one row; found none in '{first.name}'", field=first.name
            )
        if num_rows > self.max_rows:
            raise Refusal(
                TOO_MANY_ROWS,
                f"a request has at most {self.max_rows} rows; found {num_rows} in '{first.name}': send them in parts",
                field=first.name,
            )
        return num_rows

    def _fixes_rows(self, declared: Input) -> tuple[bool, bool]:
        return self._features[declared.name].scope == "candidate", declared.shape[0] != 1

    def _check_outputs(self, header: Header) -> None:
        outputs = self._fields if header.top_k is None else (*self._fields, INDEX)
        for name in header.outputs or ():
            if name not in outputs:
                raise Refusal(
                    UNKNOWN_OUTPUT,
                    f"outputs are {', '.join(outputs)}; found '{shown(name)}': ask for one of those",
                    field=shown(name),
                )
