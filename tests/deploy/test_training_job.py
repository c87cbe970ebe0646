"""The training on several hosts: its pods are as many as torchrun waits for, and meet where the Service leads."""

from typing import Any

import pytest

from tests.deploy.manifests import by_kind

Found = dict[str, list[dict[str, Any]]]


@pytest.fixture(scope="module")
def found() -> Found:
    return by_kind("training-job")


def test_the_pods_are_as_many_as_torchrun_waits_for_and_meet_where_the_service_leads(found: Found) -> None:
    (job,), (service,) = found["Job"], found["Service"]
    pod = job["spec"]["template"]["spec"]
    options = dict(each.split("=", 1) for each in pod["containers"][0]["args"] if each.startswith("--") and "=" in each)
    assert int(options["--nnodes"]) == job["spec"]["parallelism"] == job["spec"]["completions"]
    name, port = options["--rdzv-endpoint"].split(":")
    assert name == f"{job['metadata']['name']}-0.{service['metadata']['name']}"
    assert pod["subdomain"] == service["metadata"]["name"]
    assert service["spec"]["clusterIP"] == "None"
    assert int(port) in {each["port"] for each in service["spec"]["ports"]}
    assert service["spec"]["selector"].items() <= job["spec"]["template"]["metadata"]["labels"].items()
