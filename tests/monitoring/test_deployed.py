"""Dashboard, alerts and pages speak of metrics that there are, and of nothing else."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import values

from tests.monitoring.exposed import Stored, of_the_service, of_the_supervisor, scheduler, stored
from tests.monitoring.shown import (
    GRAFANA,
    PROMETHEUS,
    ROOT,
    alerts,
    dashboard,
    grouped,
    matched,
    names,
    panels,
    queries,
    rules,
)

PAGE = (ROOT / "docs" / "monitoring.md").read_text(encoding="utf-8")
EXPRESSIONS = [*queries(), *(rule["expr"] for rule in rules())]
promtool = pytest.mark.skipif(shutil.which("promtool") is None, reason="needs promtool, of Debian's package prometheus")


OF_THE_TARGET = {"job", "instance"}
"""Labels that Prometheus gives every sample itself."""


@pytest.fixture(scope="module")
def known(referenced: Path, tmp_path_factory: pytest.TempPathFactory) -> Stored:
    folder = tmp_path_factory.mktemp("metrics")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(values, "ValueClass", values.ValueClass)
        patched.setenv("PROMETHEUS_MULTIPROC_DIR", str(folder))
        of_workers = of_the_supervisor(folder)
    of_scheduler = stored(scheduler(tmp_path_factory.mktemp("scheduler")).collect())
    known = of_the_service(referenced) | of_workers | of_scheduler | {"up": {}}
    for rule in rules():
        if "record" in rule:
            known[rule["record"]] = {label: set() for label in grouped(rule["expr"]) - OF_THE_TARGET}
    return known


def test_dashboard_and_alerts_ask_for_metrics_that_there_are(known: Stored) -> None:
    asked = {name for expression in EXPRESSIONS for name in names(expression)}
    assert len(asked) > 40
    assert asked <= known.keys()


def test_they_ask_for_labels_and_values_that_there_are(known: Stored) -> None:
    asked = {match for expression in EXPRESSIONS for match in matched(expression)}
    assert len(asked) > 40
    for metric, label, operator, value in asked:
        if label in OF_THE_TARGET:
            continue
        assert label in known[metric], (metric, label)
        for one in value.split("|") if operator == "=~" else [value]:
            pattern = one if operator == "=~" else re.escape(one)
            assert any(re.fullmatch(pattern, seen) for seen in known[metric][label]), (metric, label, one)


def test_what_is_added_up_and_told_has_these_labels(known: Stored) -> None:
    told = [(query["expr"], query["legendFormat"]) for panel in panels() for query in panel["targets"]]
    told += [(rule["expr"], json.dumps(rule.get("annotations"))) for rule in rules()]
    for expression, text in told:
        there = OF_THE_TARGET.union(*(known[name] for name in names(expression)))
        assert grouped(expression) <= there, expression
        assert set(re.findall(r"\{\{ ?(?:\$labels\.)?([a-z]+) ?\}\}", text)) <= there, text


def test_the_page_has_the_labels_of_every_metric(known: Stored) -> None:
    rows = re.findall(r"^\| (`(?:threefold|process)_[^|]*) \| (?:gauge|counter|histogram) \| ([^|]*?) ?\|", PAGE, re.M)
    assert len(rows) > 40
    for metrics, labels in rows:
        for metric in re.findall(r"`([a-z_]+)`", metrics):
            found = known.get(metric) or known.get(f"{metric}_sum") or {}
            assert set(re.findall(r"`([a-z]+)`", labels)) == found.keys(), metric


def test_every_metric_is_on_the_page(known: Stored) -> None:
    base = {re.sub(r"_(bucket|sum|count)$", "", name) if "_window_" not in name else name for name in known}
    missing = {name for name in base if name.startswith("threefold") and f"`{name}`" not in PAGE}
    assert not missing


def test_the_page_speaks_of_metrics_that_there_are(known: Stored) -> None:
    base = known.keys() | {re.sub(r"_bucket$", "", name) for name in known}
    assert set(re.findall(r"^\| `((?:threefold|process)[a-z_:]+)`", PAGE, re.M)) <= base


def test_every_alert_has_its_paragraph() -> None:
    anchors = {heading.lower() for heading in re.findall(r"^#+ (Threefold\w+)$", PAGE, re.M)}
    assert {f"docs/monitoring.md#{anchor}" for anchor in anchors} == {
        alert["annotations"]["runbook"] for alert in alerts()
    }
    for alert in alerts():
        assert alert["annotations"]["runbook"].endswith(f"#{alert['alert'].lower()}")
        assert alert["annotations"]["summary"]
        assert alert["labels"]["severity"] in {"critical", "warning", "info"}


def test_every_alert_has_a_test() -> None:
    tested = {
        name
        for file in PROMETHEUS.glob("*_test.yml")
        for name in re.findall(r"alertname: (\w+)", file.read_text(encoding="utf-8"))
    }
    assert tested == {alert["alert"] for alert in alerts()}


@promtool
def test_prometheus_takes_configuration_and_rules() -> None:
    for arguments in (["check", "config", "prometheus.yml"], ["test", "rules", *_tests()]):
        found = subprocess.run(["promtool", *arguments], cwd=PROMETHEUS, capture_output=True, text=True)
        assert found.returncode == 0, found.stdout + found.stderr


def _tests() -> list[str]:
    return sorted(file.name for file in PROMETHEUS.glob("*_test.yml"))


def test_the_dashboard_is_what_its_source_says() -> None:
    found = subprocess.run(
        [sys.executable, "-c", "import dashboard; print(dashboard.text(), end='')"],
        cwd=GRAFANA,
        capture_output=True,
        text=True,
        check=True,
    )
    written = (GRAFANA / "dashboards" / "threefold.json").read_text(encoding="utf-8")
    assert written == found.stdout, "run `python deploy/grafana/dashboard.py`"


def test_the_dashboard_has_the_form_that_grafana_documents() -> None:
    found = dashboard()
    assert found["uid"]
    assert found["schemaVersion"] >= 36
    assert {"title", "tags", "timezone", "time", "templating", "annotations", "panels"} <= found.keys()
    ids = [panel["id"] for panel in found["panels"]]
    assert len(set(ids)) == len(ids)
    variables = {variable["name"] for variable in found["templating"]["list"]}
    assert set(re.findall(r"\$\{?([a-z]+)\b", json.dumps(found))) <= variables
    for panel in panels():
        assert panel["title"]
        assert panel["description"]
        assert panel["type"] in {"timeseries", "stat", "bargauge"}
        assert panel["datasource"] == {"type": "prometheus", "uid": "${datasource}"}
        assert [target["refId"] for target in panel["targets"]] == list("ABCDEF"[: len(panel["targets"])])


def test_panels_lie_side_by_side() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in dashboard()["panels"]:
        place: dict[str, Any] = panel["gridPos"]
        assert place["x"] + place["w"] <= 24
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken, panel["title"]
        taken |= cells
