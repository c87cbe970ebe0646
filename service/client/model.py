"""What the service says of its model: what to send, what comes back, and the limits."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from types import MappingProxyType
from typing import Any, Self, TypeVar

Part = TypeVar("Part", "Feature", "Field", "Limits")


@dataclass(frozen=True, slots=True)
class Feature:
    """A feature that a request may hold; what does not apply to its kind is None."""

    name: str
    kind: str
    scope: str
    vocabulary: str | None = None
    num_categories: int | None = None
    separator: str | None = None
    max_length: int | None = None


@dataclass(frozen=True, slots=True)
class Field:
    """A field of an answer."""

    name: str
    unit: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Task:
    """A task and the fields that it fills; with `observed_when` they hold for rows where that task is positive."""

    name: str
    kind: str
    observed_when: str | None
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class Limits:
    """What one request and one process take."""

    max_rows: int
    max_body_bytes: int
    max_queued_rows: int


@dataclass(frozen=True, slots=True)
class Model:
    """The model served.

    Attributes:
        name: of the model.
        version: of the model.
        created_at: when it was trained.
        schema_fingerprint: changes exactly when requests or answers change.
        features: of requests.
        tasks: of answers.
        utility: what `score` is; None where answers have none, and no request may ask for the best rows.
        metrics: by task, measured on the test window.
        limits: of requests.
    """

    name: str
    version: str
    created_at: datetime
    schema_fingerprint: str
    features: tuple[Feature, ...]
    tasks: tuple[Task, ...]
    utility: str | None
    metrics: Mapping[str, Mapping[str, float | None]]
    limits: Limits

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Self:
        """The model of a document; what a newer service says beyond this is left out.

        Raises:
            KeyError, TypeError, ValueError: it describes no model.
        """
        return cls(
            str(document["name"]),
            str(document["version"]),
            datetime.fromisoformat(document["created_at"]),
            str(document["schema_fingerprint"]),
            tuple(_part(Feature, each) for each in document["features"]),
            tuple(
                Task(each["name"], each["kind"], each["observed_when"], tuple(_part(Field, f) for f in each["fields"]))
                for each in document["tasks"]
            ),
            document.get("utility"),
            MappingProxyType({task: MappingProxyType(measured) for task, measured in document["metrics"].items()}),
            _part(Limits, document["limits"]),
        )


def _part(kind: type[Part], document: Mapping[str, Any]) -> Part:
    known = {each.name for each in fields(kind)}
    return kind(**{name: value for name, value in document.items() if name in known})
