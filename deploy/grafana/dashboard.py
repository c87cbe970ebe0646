"""Writes the dashboard from `dashboard.toml`: `python deploy/grafana/dashboard.py`.

A panel is a few lines there and sixty in Grafana's JSON, which is what its documentation calls the classic model:
https://grafana.com/docs/grafana/latest/dashboards/build-dashboards/view-dashboard-json-model/
"""

import json
import tomllib
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
WRITTEN = FOLDER / "dashboards" / "threefold.json"
SCHEMA_VERSION = 39
"""Of the classic model; a newer Grafana brings an older one up to date when it reads it."""
_COLUMNS = 24
_WIDTH, _HEIGHT, _STAT = 8, 8, 4
"""Of a panel, unless it says otherwise; numbers are squares."""
_SOURCE = {"type": "prometheus", "uid": "${datasource}"}


def dashboard() -> dict[str, Any]:
    """The dashboard as Grafana reads it."""
    rows = tomllib.loads((FOLDER / "dashboard.toml").read_text(encoding="utf-8"))["rows"]
    return {
        "uid": "threefold",
        "title": "Threefold",
        "description": "Service and retraining; docs/monitoring.md explains every metric and every alert.",
        "tags": ["threefold"],
        "schemaVersion": SCHEMA_VERSION,
        "version": 1,
        "editable": True,
        "graphTooltip": 1,
        "timezone": "browser",
        "refresh": "30s",
        "time": {"from": "now-3h", "to": "now"},
        "timepicker": {},
        "annotations": {"list": [_swaps()]},
        "links": [],
        "templating": {"list": _variables()},
        "panels": _placed(rows),
    }


def _placed(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """All panels, from left to right and from top to bottom."""
    placed: list[dict[str, Any]] = []
    top = 0
    for row in rows:
        place = {"x": 0, "y": top, "w": _COLUMNS, "h": 1}
        heading = {"type": "row", "title": row["title"], "collapsed": False, "panels": []}
        placed.append({"id": len(placed) + 1, **heading, "gridPos": place})
        top, left, height = top + 1, 0, 0
        for panel in row["panels"]:
            is_stat = panel.get("kind") == "stat"
            width, own_height = (_STAT, _STAT) if is_stat else (panel.get("width", _WIDTH), _HEIGHT)
            if left + width > _COLUMNS:
                top, left, height = top + height, 0, 0
            place = {"x": left, "y": top, "w": width, "h": own_height}
            placed.append({"id": len(placed) + 1, **_drawn(panel), "gridPos": place})
            left, height = left + width, max(height, own_height)
        top += height
    return placed


def _drawn(panel: dict[str, Any]) -> dict[str, Any]:
    kind, limits = panel.get("kind", "timeseries"), panel.get("limits", [])
    is_now = kind != "timeseries"
    lines = {"fillOpacity": 10, "showPoints": "never", "thresholdsStyle": {"mode": "dashed" if limits else "off"}}
    steps = zip(("green", "orange", "red"), (None, *limits), strict=False)
    return {
        "type": kind,
        "title": panel["title"],
        "description": panel["says"],
        "datasource": _SOURCE,
        "fieldConfig": {
            "defaults": {
                "unit": panel.get("unit", "short"),
                "thresholds": {"mode": "absolute", "steps": [{"color": c, "value": value} for c, value in steps]},
                "color": {"mode": "thresholds" if is_now else "palette-classic"},
                "custom": {} if is_now else lines,
            },
            "overrides": [],
        },
        "options": _options(kind),
        "targets": [
            {
                "refId": chr(ord("A") + place),
                "datasource": _SOURCE,
                "expr": query["expr"],
                "legendFormat": query.get("legend", panel["title"]),
                "instant": is_now,
                "range": not is_now,
            }
            for place, query in enumerate(panel["queries"])
        ],
    }


def _options(kind: str) -> dict[str, Any]:
    newest = {"calcs": ["lastNotNull"], "fields": "", "values": False}
    if kind == "timeseries":
        legend = {"displayMode": "list", "placement": "bottom", "showLegend": True, "calcs": []}
        return {"legend": legend, "tooltip": {"mode": "multi", "sort": "desc"}}
    if kind == "stat":
        return {"reduceOptions": newest, "colorMode": "value", "graphMode": "none", "textMode": "value"}
    return {"reduceOptions": newest, "displayMode": "basic", "orientation": "horizontal"}


def _swaps() -> dict[str, Any]:
    """A mark over all panels wherever a version was swapped."""
    return {
        "name": "Swaps",
        "enable": True,
        "iconColor": "blue",
        "datasource": _SOURCE,
        "expr": 'sum by (instance) (increase(threefold_swaps_total{result="swapped"}[1m])) > 0',
        "titleFormat": "swap",
        "textFormat": "{{instance}}",
    }


def _variables() -> list[dict[str, Any]]:
    source = {"name": "datasource", "label": "Prometheus", "type": "datasource", "query": "prometheus", "refresh": 1}
    every = {"multi": True, "includeAll": True, "allValue": ".+", "current": {"text": ["All"], "value": ["$__all"]}}
    one = {"multi": False, "includeAll": False}
    return [
        source,
        _of_labels("instance", "Instance", "label_values(threefold_ready, instance)") | every,
        _of_labels("field", "Field", "label_values(threefold_reference_mean, field)") | one,
    ]


def _of_labels(name: str, label: str, query: str) -> dict[str, Any]:
    return {
        "name": name,
        "label": label,
        "type": "query",
        "datasource": _SOURCE,
        "query": {"query": query, "refId": name},
        "definition": query,
        "refresh": 2,
        "sort": 1,
    }


def text() -> str:
    """The file."""
    return json.dumps(dashboard(), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    WRITTEN.write_text(text(), encoding="utf-8")
