"""Asks a running service what it thinks of its own example, by the typed client, and shows the rows, the best first.

Run it by `python examples/example_request.py http://127.0.0.1:8000 request.json`; the request is written there.
"""

import json
import sys
from pathlib import Path

import httpx

from service.client import Client


def main(url: str, file: str) -> None:
    """Write the example's request, send it, and show the answer."""
    operation = httpx.get(f"{url}/openapi.json").raise_for_status().json()["paths"]["/predict"]["post"]
    example = operation["requestBody"]["content"]["application/json"]["examples"]["candidates"]["value"]
    with Client(url) as client:
        if client.model().utility is not None:
            example["top_k"] = len(example["candidates"])
        answer = client.predict(**example)
    Path(file).write_text(json.dumps(example, indent=1), encoding="utf-8")
    for position, row in zip(answer.index or range(len(answer)), answer.rows, strict=True):
        numbers = "  ".join(f"{field} {value:.4g}" for field, value in row.items())
        sys.stdout.write(f"candidate {position}: {numbers}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
