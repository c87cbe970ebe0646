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

from tests.monitoring.exposed import of_the_service, of_the_supervisor, scheduler, stored_names
from tests.monitoring.shown import GRAFANA, PROMETHEUS, ROOT, alerts, dashboard, names, panels, queries, rules

PAGE = (ROOT / "docs" / "monitoring.md").read_text(encoding="utf-8")
promtool = pytest.mark.skipif(shutil.which("promtool") is None, reason="needs promtool, of Debian's package prometheus")


@pytest.fixture(scope="module")
def known(referenced: Path, tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    folder = tmp_path_factory.mktemp("metrics")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(values, "ValueClass", values.ValueClass)
        patched.setenv("PROMETHEUS_MULTIPROC_DIR", str(folder))
        of_workers = of_the_supervisor(folder)
    of_scheduler = stored_names(scheduler(tmp_path_factory.mktemp("scheduler")).collect())
    recorded = {rule["record"] for rule in rules() if "record" in rule}
    return of_the_service(referenced) | of_workers | of_scheduler | recorded


def test_dashboard_and_alerts_ask_for_metrics_that_there_are(known: set[str]) -> None:
    asked = {name for expression in [*queries(), *(rule["expr"] for rule in rules())] for name in names(expression)}
    assert len(asked) > 40
    assert asked <= known


def test_every_metric_is_on_the_page(known: set[str]) -> None:
    base = {re.sub(r"_(bucket|sum|count)$", "", name) if "_window_" not in name else name for name in known}
    missing = {name for name in base if name.startswith("threefold") and f"`{name}`" not in PAGE}
    assert not missing


def test_the_page_speaks_of_metrics_that_there_are(known: set[str]) -> None:
    base = known | {re.sub(r"_bucket$", "", name) for name in known}
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
