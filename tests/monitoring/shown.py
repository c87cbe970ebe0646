"""What dashboard and alerts ask for, read from the files that are deployed."""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
PROMETHEUS = ROOT / "deploy" / "prometheus"
GRAFANA = ROOT / "deploy" / "grafana"
_NAME = re.compile(r"\b(?:threefold[a-z_:]*|process_[a-z_]+)\b(?!\")")

_SELECTED = re.compile(r"\b(threefold[a-z_:]*|process_[a-z_]+|up)\{([^}]*)\}")
_MATCHED = re.compile(r'([a-z]+)(=~?)"([^"]*)"')
_GROUPED = re.compile(r"\b(?:by|on) \(([a-z, ]*)\)")


@cache
def dashboard() -> dict[str, Any]:
    """As Grafana reads it."""
    found: dict[str, Any] = json.loads((GRAFANA / "dashboards" / "threefold.json").read_text(encoding="utf-8"))
    return found


def panels() -> list[dict[str, Any]]:
    """Those that draw something."""
    return [panel for panel in dashboard()["panels"] if panel["type"] != "row"]


def queries() -> list[str]:
    """Every expression of the dashboard, with its variables filled in."""
    expressions = [target["expr"] for panel in panels() for target in panel["targets"]]
    expressions += [annotation["expr"] for annotation in dashboard()["annotations"]["list"]]
    filled = {"$__rate_interval": "10s", "$instance": ".+", "$field": "click"}
    for name, value in filled.items():
        expressions = [expression.replace(name, value) for expression in expressions]
    return expressions


@cache
def rules() -> list[dict[str, str]]:
    """Alerts and recorded rules."""
    groups = yaml.safe_load((PROMETHEUS / "alerts.yml").read_text(encoding="utf-8"))["groups"]
    return [rule for group in groups for rule in group["rules"]]


def alerts() -> list[dict[str, Any]]:
    """Alerts alone."""
    return [rule for rule in rules() if "alert" in rule]


def names(expression: str) -> set[str]:
    """Metrics that the expression reads."""
    return set(_NAME.findall(re.sub(r"\"[^\"]*\"", "", expression)))


def matched(expression: str) -> list[tuple[str, str, str, str]]:
    """What the expression asks of labels: metric, label, operator and value."""
    return [
        (metric, label, operator, value)
        for metric, inner in _SELECTED.findall(expression)
        for label, operator, value in _MATCHED.findall(inner)
    ]


def grouped(expression: str) -> set[str]:
    """Labels by which the expression adds up or joins."""
    return {label for inner in _GROUPED.findall(expression) for label in inner.split(", ")} - {""}
