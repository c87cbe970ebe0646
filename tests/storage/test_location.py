"""URLs: what they may say, and that a secret never gets further than the refusal."""

from pathlib import Path

import pytest

from models.errors import ConfigError
from models.storage.location import is_url, local_file, parsed, place, s3_endpoint, s3_region, within
from models.storage.trouble import known_trouble, reason, trouble


@pytest.mark.parametrize(
    "url",
    [
        "s3://bucket",
        "s3://bucket/a/date=2026-01-01/part-0.parquet",
        "s3://bucket/a/*/part-[01].parquet?region=eu-west-1",
        "s3://bucket/a?endpoint_override=localhost:8333&scheme=http",
        "abfs://container@account.dfs.core.windows.net/a",
        "memory://bucket/a",
    ],
)
def test_a_url_survives_being_read(url: str) -> None:
    assert str(parsed(url)) == url
    assert parsed(str(parsed(url))) == parsed(url)


def test_only_a_scheme_makes_a_url() -> None:
    assert is_url("s3://bucket/x")
    assert not any(map(is_url, ["logs", "/logs", "C:/logs", "logs/s3://x", Path("s3://bucket"), None]))
    assert (place("logs"), place("s3://bucket/x")) == (Path("logs"), "s3://bucket/x")
    assert local_file("file:///logs/a%20b") == Path("/logs/a b")
    assert local_file("s3://bucket/x") is None


def test_a_place_within_another_keeps_its_settings() -> None:
    assert within("runs/v", "report.html") == "runs/v/report.html"
    assert within("s3://b/v?region=r", "report.html") == "s3://b/v/report.html?region=r"


@pytest.mark.parametrize(
    "url",
    [
        "s3://AKIAKEY:topsecret@bucket/x",
        "s3://topsecret@bucket/x",
        "abfs://container:topsecret@account/x",
        "s3://bucket/x?secret_key=topsecret",
        "s3://bucket/x?access_key=topsecret&region=r",
        "abfs://container/x?client_secret=topsecret",
    ],
)
def test_credentials_in_a_url_are_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(ConfigError, match="environment variables") as caught:
        parsed(url)
    assert "topsecret" not in str(caught.value)


@pytest.mark.parametrize("url", ["s3://", "s3:///", "s3://bucket/../other", "s3://bucket/x#y"])
def test_a_url_that_names_nothing_is_refused(url: str) -> None:
    with pytest.raises(ConfigError, match="a URL names a bucket"):
        parsed(url)


def test_the_url_says_more_than_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://all:1")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "default")
    assert s3_endpoint(parsed("s3://b")) == ("http", "all:1")
    assert s3_region(parsed("s3://b")) == "default"
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "https://one:2/")
    monkeypatch.setenv("AWS_REGION", "first")
    assert s3_endpoint(parsed("s3://b")) == ("https", "one:2")
    assert s3_region(parsed("s3://b")) == "first"
    asked = parsed("s3://b?endpoint_override=three:3&scheme=http&region=asked")
    assert (s3_endpoint(asked), s3_region(asked)) == (("http", "three:3"), "asked")
    assert s3_endpoint(parsed("s3://b?endpoint_override=three:3")) == ("https", "three:3")


@pytest.mark.parametrize(
    ("said", "rule"),
    [
        ("AWS Error NO_SUCH_BUCKET during ListObjectsV2", "a bucket that is there"),
        ("AWS Error ACCESS_DENIED during HeadObject operation: No response body.", "who has a right"),
        ("Unable to locate credentials", "who has a right"),
        ("AWS Error NETWORK_CONNECTION: curlCode: 7, Could not connect to server", "no answer"),
        ('Connect timeout on endpoint URL: "http://x"', "no answer"),
        ("The bucket must be addressed elsewhere: PermanentRedirect", "in its own region"),
    ],
)
def test_what_a_store_says_becomes_a_rule_and_a_way_out(said: str, rule: str) -> None:
    message = known_trouble("s3://b/x", OSError(said))
    assert message is not None
    assert rule in message
    assert "s3://b/x" in message
    assert trouble("s3://b/x", OSError(said)) == message


def test_what_nobody_knows_is_said_as_it_is_but_for_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "topsecret")
    error = OSError("the gremlin ate topsecret\nand a stack trace")
    assert known_trouble("s3://b/x", error) is None
    assert reason(error) == "the gremlin ate ***"
    assert "the gremlin ate ***" in trouble("s3://b/x", error)
