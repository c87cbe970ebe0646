"""What the service answers to `predict`, by column and by row."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class Answer:
    """Predictions of all tasks for each row.

    Attributes:
        model: its name.
        version: its version.
        request_id: as sent.
        columns: by field, a number for each row: in the order sent, or with `top_k` the best rows first.
        index: with `top_k`, the position of each row in the request; None otherwise.
    """

    model: str
    version: str
    request_id: str
    columns: Mapping[str, tuple[float, ...]]
    index: tuple[int, ...] | None = None

    def __len__(self) -> int:
        return len(next(iter(self.columns.values()), ()))

    def __getitem__(self, field: str) -> tuple[float, ...]:
        return self.columns[field]

    @property
    def fields(self) -> tuple[str, ...]:
        """Names of the fields."""
        return tuple(self.columns)

    @property
    def rows(self) -> tuple[dict[str, float], ...]:
        """The fields of each row by name; made anew each time."""
        return tuple(dict(zip(self.columns, row, strict=True)) for row in zip(*self.columns.values(), strict=True))

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Self:
        """The answer of a document of either layout.

        Raises:
            KeyError, TypeError, ValueError: it is no answer.
        """
        sent, index = document["predictions"], document.get("index")
        columns = sent if isinstance(sent, dict) else {name: [row[name] for row in sent] for name in sent[0]}
        typed = {name: tuple(map(float, values)) for name, values in columns.items()}
        if len({len(values) for values in typed.values()} | ({len(index)} if index is not None else set())) != 1:
            raise ValueError("columns of different lengths")
        return cls(
            str(document["model"]),
            str(document["version"]),
            str(document["request_id"]),
            MappingProxyType(typed),
            None if index is None else tuple(map(int, index)),
        )
