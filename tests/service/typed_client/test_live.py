"""The client over a real network, and the example that the demo runs."""

import asyncio
import json
import subprocess
import sys
from pathlib import Path

import httpx

from service.client import AsyncClient, Client
from tests.service.processes import served
from tests.service.tiny import save_tiny

EXAMPLE = Path(__file__).parents[3] / "examples" / "example_request.py"


async def many(url: str) -> list[tuple[float, ...]]:
    async with AsyncClient(url, max_connections=4) as client:
        asked = [client.predict(instances=[{"item_id": f"i{number}"}]) for number in range(20)]
        return [answer["click"] for answer in await asyncio.gather(*asked)]


def test_both_clients_and_the_example(tmp_path: Path) -> None:
    checkpoint = save_tiny(tmp_path / "versions", "click * dwell")
    with served(tmp_path, "--checkpoint", str(checkpoint)) as service:
        with Client(service.url) as client:
            assert client.ready()
            alone = [client.predict(instances=[{"item_id": f"i{number}"}])["click"] for number in range(20)]
        together = asyncio.run(many(service.url))
        for one, other in zip(alone, together, strict=True):
            assert abs(one[0] - other[0]) < 1e-6
        shown = subprocess.run(
            [sys.executable, EXAMPLE, service.url, tmp_path / "request.json"],
            capture_output=True,
            text=True,
            check=True,
        ).stdout.splitlines()
        body = json.loads((tmp_path / "request.json").read_text())
        answer = httpx.post(f"{service.url}/predict", json=body).json()
        service.stop()
    assert len(shown) == len(answer["index"]) == body["top_k"] == 2
    for line, place, row in zip(shown, answer["index"], answer["predictions"], strict=True):
        assert line.startswith(f"candidate {place}: click {row['click']:.4g}  ")
        assert line.endswith(f"score {row['score']:.4g}")
