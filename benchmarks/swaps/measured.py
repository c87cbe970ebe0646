"""One service, and a hundred swaps of what it serves while clients ask it."""

import asyncio
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from benchmarks.serving.http_client import message
from benchmarks.serving.ports import free_port
from benchmarks.swaps.traffic import Traffic
from models.registry import Registry
from service.swapping.keys import new_key
from service.workers.memory import proportional_bytes

MAIN = "from models.cli import main; main()"
NUM_CLIENTS = 16
RATE = 80.0
"""Requests a second, of all clients together: a few percent of what the service can answer."""
PER_ROLLBACK = 5
"""Swaps, after which a rollback comes."""
QUIET_S = 0.8
_AFTERWARDS_S = 0.2
"""Beyond the moment when the last client was answered by the new version: what is old is freed then."""
_GIVE_UP_S = 30.0


@dataclass(frozen=True)
class Change:
    """One swap or rollback.

    Attributes:
        kind: `swap`, told to the service by `POST /admin/reload`, or `rollback`, which it finds by polling.
        version: wanted from then on.
        began: when the registry had it, by `time.perf_counter`.
        ended: when all clients were answered by it and what was old was freed.
    """

    kind: str
    version: str
    began: float
    ended: float


@dataclass
class Measured:
    """What happened.

    Attributes:
        workers: of the service.
        traffic: all requests.
        changes: in their order.
        mib: proportional set size of all processes, at the start, after ten changes and at the end.
    """

    workers: int
    traffic: Traffic
    changes: list[Change] = field(default_factory=list)
    mib: list[float] = field(default_factory=list)


@contextmanager
def served(registry: Registry, workers: int, key_digest: str) -> Iterator[tuple[int, int]]:
    """Port and process id of a service that follows the registry."""
    port, log = free_port(), Path(registry.place).parent / f"service-{workers}.log"
    command = [sys.executable, "-c", MAIN, "serve", "--registry", registry.place, "--port", str(port)]
    told = os.environ | {"THREEFOLD_ADMIN_KEY_SHA256": key_digest}
    with (
        log.open("wb") as file,
        subprocess.Popen([*command, "--workers", str(workers)], stderr=file, env=told) as process,
    ):
        try:
            while not re.search(r"serving url=", log.read_text()):
                if process.poll() is not None:
                    sys.exit(log.read_text())
                time.sleep(0.05)
            yield port, process.pid
        finally:
            process.send_signal(signal.SIGTERM)


def memory_mib(pid: int) -> float:
    """Proportional set size of a service's processes."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return sum(proportional_bytes(each) or 0 for each in (pid, *map(int, children))) / (1 << 20)


async def measured(registry: Registry, bodies: list[bytes], workers: int, num_swaps: int) -> Measured:
    """So many swaps, and a rollback after every fifth of them, each between two quiet stretches."""
    key, digest = new_key()
    messages = [message("/predict", body, {"Content-Type": "application/json"}) for body in bodies]
    with served(registry, workers, digest) as (port, pid):
        found = Measured(workers, Traffic(port, messages, NUM_CLIENTS, RATE))
        asking = asyncio.create_task(found.traffic.run())
        await asyncio.sleep(3 * QUIET_S)
        found.mib.append(memory_mib(pid))
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=_GIVE_UP_S) as admin:
            admin.headers["Authorization"] = f"Bearer {key}"
            names = registry.versions()
            for number in range(num_swaps):
                serving = registry.version_of()
                following = names[(names.index(serving or names[0]) + 1) % len(names)]
                found.changes.append(await _swap(registry, following, found.traffic, admin))
                await asyncio.sleep(QUIET_S)
                if number % PER_ROLLBACK == PER_ROLLBACK - 1:
                    found.changes.append(await _roll_back(registry, found.traffic))
                    await asyncio.sleep(QUIET_S)
                if number == 9:
                    found.mib.append(memory_mib(pid))
        found.mib.append(memory_mib(pid))
        found.traffic.is_over = True
        await asking
    return found


async def _swap(registry: Registry, version: str, traffic: Traffic, admin: httpx.AsyncClient) -> Change:
    await asyncio.to_thread(registry.promote, version, who="benchmark")  # reads and verifies all files: not the swap
    began = time.perf_counter()
    answer = await admin.post("/admin/reload")
    assert answer.json()["version"] == version, answer.text
    return Change("swap", version, began, await _followed(traffic, version))


async def _roll_back(registry: Registry, traffic: Traffic) -> Change:
    event = await asyncio.to_thread(registry.rollback, who="benchmark")
    began = time.perf_counter()
    assert event.version is not None
    return Change("rollback", event.version, began, await _followed(traffic, event.version))


async def _followed(traffic: Traffic, version: str) -> float:
    give_up = time.perf_counter() + _GIVE_UP_S
    while set(traffic.latest.values()) != {version}:
        if time.perf_counter() > give_up:
            sys.exit(f"{version} is not served by all workers")
        await asyncio.sleep(0.01)
    await asyncio.sleep(_AFTERWARDS_S)
    return time.perf_counter()
