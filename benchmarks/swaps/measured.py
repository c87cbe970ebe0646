"""One service, and a hundred swaps of what it serves while clients ask it."""

import asyncio
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from benchmarks.served import Served, threefold_serve
from benchmarks.serving.http_client import message
from benchmarks.swaps.traffic import Traffic
from models.registry import Registry
from service.swapping.keys import new_key
from service.workers.memory import proportional_bytes

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
        prepared: when the benchmark began to tell the registry, which reads and verifies all files beside the service.
        began: when the registry had it, by `time.perf_counter`.
        ended: when all clients were answered by it and what was old was freed.
    """

    kind: str
    version: str
    prepared: float
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


def memory_mib(pid: int) -> float:
    """Proportional set size of a service's processes."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return sum(proportional_bytes(each) or 0 for each in (pid, *map(int, children))) / (1 << 20)


def measured(registry: Registry, bodies: list[bytes], workers: int, num_swaps: int) -> Measured:
    """So many swaps, and a rollback after every fifth of them, each between two quiet stretches."""
    key, digest = new_key()
    messages = [message("/predict", body, {"Content-Type": "application/json"}) for body in bodies]
    log = Path(registry.place).parent / f"service-{workers}.log"
    options = ("--registry", registry.place, "--workers", workers)
    with threefold_serve(log, *options, environment={"THREEFOLD_ADMIN_KEY_SHA256": digest}) as served:
        found = Measured(workers, Traffic(served.port, messages, NUM_CLIENTS, RATE))
        asyncio.run(_changed(registry, served, key, num_swaps, found))
    return found


async def _changed(registry: Registry, served: Served, key: str, num_swaps: int, found: Measured) -> None:
    """Everything that happens while the clients ask."""
    pid = served.tree.root
    asking = asyncio.create_task(found.traffic.run())
    await asyncio.sleep(3 * QUIET_S)
    found.mib.append(memory_mib(pid))
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{served.port}", timeout=_GIVE_UP_S) as admin:
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


async def _swap(registry: Registry, version: str, traffic: Traffic, admin: httpx.AsyncClient) -> Change:
    prepared = time.perf_counter()
    await asyncio.to_thread(registry.promote, version, who="benchmark")
    began = time.perf_counter()
    answer = await admin.post("/admin/reload")
    assert answer.json()["version"] == version, answer.text
    return Change("swap", version, prepared, began, await _followed(traffic, version))


async def _roll_back(registry: Registry, traffic: Traffic) -> Change:
    prepared = time.perf_counter()
    event = await asyncio.to_thread(registry.rollback, who="benchmark")
    began = time.perf_counter()
    assert event.version is not None
    return Change("rollback", event.version, prepared, began, await _followed(traffic, event.version))


async def _followed(traffic: Traffic, version: str) -> float:
    give_up = time.perf_counter() + _GIVE_UP_S
    while set(traffic.latest.values()) != {version}:
        if time.perf_counter() > give_up:
            sys.exit(f"{version} is not served by all workers")
        await asyncio.sleep(0.01)
    await asyncio.sleep(_AFTERWARDS_S)
    return time.perf_counter()
