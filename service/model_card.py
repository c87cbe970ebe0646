"""What `GET /model` says: the version served, what to send, what comes back, how good it was, and the limits."""

from collections.abc import Iterator
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict

from models.encoder import Encoder
from models.features import Feature, MultiCategoricalFeature, NumericFeature
from models.features.base import Scope
from models.features.rules import owner_of
from models.features.vocabulary import LearnedVocabulary
from models.heads import BinaryTask, DurationTask, RegressionTask, Task, ValueTask
from models.inference.engines.names import EngineName, Precision
from models.verdicts import ReducedPrecision, Verdict
from service.engine import Engine
from service.settings import Settings


class _Card(BaseModel):
    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)


class FeatureCard(_Card):
    """One feature that a request may hold."""

    name: str
    kind: Literal["categorical", "multi_categorical", "numeric"]
    scope: Scope
    """`context`: of the request; `candidate`: of one row."""
    vocabulary: Literal["learned", "hash"] | None = None
    """`learned`: categories not seen in training are unknown; `hash`: there are no unknown ones; null: a number."""
    num_categories: int | None = None
    """Categories that a learned vocabulary holds."""
    separator: str | None = None
    """A list may be sent as text with this between its ids."""
    max_length: int | None = None
    """Longer lists keep their end."""


class FieldCard(_Card):
    """One field of a prediction."""

    name: str
    unit: Literal["probability", "seconds", "label", "amount"]
    """`label`: the unit of the column that the task was trained on; `amount`: the same, and never below zero."""
    meaning: str


class TaskCard(_Card):
    """One task and the fields of the answer that it fills."""

    name: str
    kind: Literal["binary", "duration", "regression", "value"]
    observed_when: str | None
    """The prediction holds for rows where this task is positive: dwell is the dwell after a click."""
    fields: tuple[FieldCard, ...]


class InferenceCard(_Card):
    """What runs the network, and how precisely (docs/inference.md)."""

    engine: EngineName
    precision: Precision
    passed_over: tuple[str, ...]
    """Engines that could not run the model as asked, and why; empty where it is run as asked."""
    checked: dict[ReducedPrecision, Verdict]
    """By reduced precision: what the check at export found on held-out rows."""


class LimitsCard(_Card):
    """What one request and one process take."""

    max_rows: int
    max_body_bytes: int
    max_queued_rows: int


class FollowingCard(_Card):
    """Which version a registry wants served (docs/swapping.md)."""

    channel: str
    wanted: str | None
    """The version that the channel points at, as far as is known."""
    problem: str | None
    """Why that is not the one that serves, or why nobody knows what is wanted; null where all is well."""


class ModelCard(_Card):
    """The model served."""

    name: str
    version: str
    created_at: datetime
    schema_fingerprint: str
    """Changes exactly when requests or answers change."""
    features: tuple[FeatureCard, ...]
    tasks: tuple[TaskCard, ...]
    utility: str | None
    """What the field `score` of a row is, over the fields of the tasks; null: rows have none (docs/ranking.md)."""
    metrics: dict[str, dict[str, float | None]]
    """By task: measured on the test window."""
    inference: InferenceCard
    limits: LimitsCard
    following: FollowingCard | None
    """Null where the service has a checkpoint and follows no registry."""


def model_card(engine: Engine, settings: Settings, following: FollowingCard | None) -> ModelCard:
    """The card of the engine's model."""
    manifest = engine.manifest
    return ModelCard(
        name=manifest.name,
        version=manifest.version,
        created_at=manifest.created_at,
        schema_fingerprint=manifest.schema_fingerprint,
        features=tuple(_feature_card(feature, engine.predictor.encoder) for feature in manifest.model.features),
        tasks=tuple(map(task_card, manifest.model.tasks)),
        utility=None if manifest.model.ranking is None else manifest.model.ranking.utility,
        metrics=manifest.metrics,
        inference=InferenceCard(
            engine=engine.compiled.engine,
            precision=engine.compiled.precision,
            passed_over=engine.compiled.passed_over,
            checked=manifest.precisions,
        ),
        limits=LimitsCard.model_validate(settings.model_dump(include=set(LimitsCard.model_fields))),
        following=following,
    )


def task_card(task: Task) -> TaskCard:
    """The card of one task."""
    return TaskCard(name=task.name, kind=task.kind, observed_when=task.observed_when, fields=tuple(_fields(task)))


def _fields(task: Task) -> Iterator[FieldCard]:
    match task:
        case BinaryTask():
            yield FieldCard(name=task.name, unit="probability", meaning=f"probability of {task.name}")
        case DurationTask():
            mean, median, *ends = task.prediction_names
            yield FieldCard(name=mean, unit="seconds", meaning=f"mean {task.name}")
            yield FieldCard(name=median, unit="seconds", meaning=f"median {task.name}")
            for end, which in zip(ends, ("lower", "upper"), strict=False):
                meaning = f"{which} end of an interval that holds {task.name} in {task.coverage:.4g} of all cases"
                yield FieldCard(name=end, unit="seconds", meaning=meaning)
        case RegressionTask():
            yield FieldCard(name=task.name, unit="label", meaning=f"mean {task.name}")
        case ValueTask():
            expected, probability = task.prediction_names
            yield FieldCard(name=expected, unit="amount", meaning=f"expected {task.name}")
            yield FieldCard(name=probability, unit="probability", meaning=f"probability of {task.name} above zero")


def _feature_card(feature: Feature, encoder: Encoder) -> FeatureCard:
    if isinstance(feature, NumericFeature):
        return FeatureCard(name=feature.name, kind=feature.kind, scope=feature.scope)
    vocabulary = encoder.fitted.vocabularies[owner_of(feature)]
    num_categories = len(vocabulary.values) if isinstance(vocabulary, LearnedVocabulary) else None
    return FeatureCard(
        name=feature.name,
        kind=feature.kind,
        scope=feature.scope,
        vocabulary="hash" if num_categories is None else "learned",
        num_categories=num_categories,
        separator=feature.separator if isinstance(feature, MultiCategoricalFeature) else None,
        max_length=feature.max_length if isinstance(feature, MultiCategoricalFeature) else None,
    )
