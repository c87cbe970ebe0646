"""What went wrong at an object store, in words: the rule, what was found, the way out. Secrets are left out."""

import os
import re

_SECRET = re.compile(r"SECRET|TOKEN|PASSWORD|ACCESS_KEY|ACCOUNT_KEY|CONNECTION_STRING")
_REFUSED = re.compile(
    r"access.?denied|forbidden|signature|invalid.?access.?key|invalid.?token|expired.?token|unauthori[sz]ed|"
    r"credentials|\b40[13]\b",
    re.IGNORECASE,
)
_NO_BUCKET = re.compile(r"no.?such.?bucket|bucket does not exist|container.?not.?found", re.IGNORECASE)
_ELSEWHERE = re.compile(r"permanent.?redirect|moved permanently|configured region|wrong region", re.IGNORECASE)
_SILENT = re.compile(
    r"network.?connection|curlcode|could not connect|connect timeout|read timeout|timed? ?out|name resolution|"
    r"could not resolve|connection (refused|reset|closed|aborted)|endpoint url|request.?timeout|slow.?down|"
    r"service.?unavailable",
    re.IGNORECASE,
)
_MAX_REASON = 200


def known_trouble(url: str, error: BaseException) -> str | None:
    """The paragraph for what an object store commonly answers; None for anything else."""
    text = f"{type(error).__name__}: {error}"
    found = reason(error)
    if _NO_BUCKET.search(text):
        return f"a URL names a bucket that is there; found none for {url}: correct the URL, or make the bucket"
    if _ELSEWHERE.search(text):
        return (
            f"a bucket is asked in its own region; found another one for {url} ({found}): set AWS_REGION, or add "
            f"?region=... to the URL"
        )
    if _SILENT.search(text):
        return (
            f"an object store answers; found no answer for {url} ({found}): check the network and the endpoint "
            f"(AWS_ENDPOINT_URL, or `endpoint_override` in the URL)"
        )
    if isinstance(error, PermissionError) or _REFUSED.search(text):
        return (
            f"an object store lets in who has a right to it; found ours refused for {url} ({found}): set credentials "
            f"that may, for S3 AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY or a profile (docs/storage.md)"
        )
    return None


def trouble(url: str, error: BaseException) -> str:
    """The paragraph for whatever an object store answered."""
    return known_trouble(url, error) or (
        f"an object store gives and takes whole files; found for {url}: {reason(error)}: mend that, then try again"
    )


def reason(error: BaseException) -> str:
    """The first line of an error without anything secret."""
    lines = str(error).splitlines() or [type(error).__name__]
    text = without_secrets(re.sub(r"\s*\(Request ID: [^)]*\)", "", lines[0]))
    return text[:_MAX_REASON].rstrip(" .:")


def without_secrets(text: str) -> str:
    """The same without what the environment holds under the name of a secret."""
    for name, value in os.environ.items():
        if _SECRET.search(name) and value:
            text = text.replace(value, "***")
    return text
