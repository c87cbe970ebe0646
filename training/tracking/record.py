"""What is told of a version, as text and numbers; knows no tool."""

import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from models.manifest import Manifest
from training.retraining.outcome import RetrainOutcome

VERSION = "threefold.version"
_FORBIDDEN = re.compile(r"[^\w\-. /]")
_Value = TypeVar("_Value")


@dataclass(frozen=True)
class Record:
    """One version.

    Attributes:
        version: its name, which is the run's name too.
        at_ms: when it was made, in milliseconds since 1970 UTC.
        params: the configuration, by the path of each setting.
        metrics: what was measured.
        tags: what a run is found by.
    """

    version: str
    at_ms: int
    params: Mapping[str, str] = field(default_factory=dict)
    metrics: Mapping[str, float] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)

    def with_outcome(self, outcome: RetrainOutcome) -> "Record":
        """The same with what a retraining made of the version: its decision, its observations and its times."""
        metrics = dict(self.metrics)
        tags = {**self.tags, "threefold.decision": outcome.decision, "threefold.champion": outcome.champion or "none"}
        for seen in (*outcome.checks, *outcome.gates):
            place = f"gates/{seen.name}" + (f"/{seen.field}" if seen.field is not None else "")
            found = {"observed": seen.observed, "limit": seen.limit, "passed": float(seen.passed)}
            metrics |= {f"{place}/{what}": value for what, value in found.items()}
            if not seen.passed:
                tags[f"threefold.failed.{seen.name}.{seen.field or 'all'}"] = seen.reason
        for measure in outcome.measures:
            if measure.champion is not None:
                metrics[f"champion/{measure.task}/{measure.metric}"] = measure.champion
        metrics |= {f"seconds/{stage}": value for stage, value in outcome.seconds.items()}
        return replace(self, metrics=_finite(metrics), tags=_named(tags))


def record_of(manifest: Manifest, place: str) -> Record:
    """What a version says of itself.

    Args:
        manifest: of the version.
        place: its path or URL.
    """
    said = manifest.training
    counts = {f"rows/{window}": number for window, number in said.get("rows", {}).items()} | {
        "steps": said.get("steps")
    }
    measured = {f"{task}/{name}": value for task, of in manifest.metrics.items() for name, value in of.items()}
    return Record(
        version=manifest.version,
        at_ms=int(manifest.created_at.timestamp() * 1_000),
        params=_named(dict(flattened(said.get("config", {})))),
        metrics=_finite({**measured, **counts}),
        tags={
            VERSION: manifest.version,
            "threefold.model": manifest.name,
            "threefold.place": place,
            "threefold.parent": said.get("parent") or "none",
            **{f"threefold.window.{name}": text for name, text in said.get("windows", {}).items()},
        },
    )


def flattened(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """The settings of nested tables by their path; tables of a list by their name. What is not set is left out."""
    if isinstance(value, Mapping):
        for name, held in value.items():
            yield from flattened(held, f"{path}.{name}" if path else str(name))
    elif isinstance(value, list) and value and all(isinstance(held, Mapping) for held in value):
        names = [str(held.get("name", "")) for held in value]
        for number, (name, held) in enumerate(zip(names, value, strict=True)):
            unique = name and names.count(name) == 1
            yield from flattened(held, f"{path}.{name if unique else number}")
    elif value is not None and value not in ([], ""):
        yield path, value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _finite(metrics: Mapping[str, float | None]) -> dict[str, float]:
    return _named({name: float(value) for name, value in metrics.items() if value is not None and math.isfinite(value)})


def _named(values: Mapping[str, _Value]) -> dict[str, _Value]:
    """Names in letters, digits, and what every tracker allows beside them."""
    return {_FORBIDDEN.sub("_", name): value for name, value in values.items()}
