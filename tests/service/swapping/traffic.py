"""Clients that ask a real service all the time, and remember which versions answered."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from threading import Event
from typing import Any

import httpx

from tests.service.processes import Served

NUM_CLIENTS = 6
BODY: dict[str, Any] = {"instances": [{}]}


class Traffic:
    """Clients that keep a connection each, and ask one request after the other."""

    def __init__(self, service: Served) -> None:
        self.latest = [""] * NUM_CLIENTS
        self.seen: list[list[str]] = [[] for _ in range(NUM_CLIENTS)]
        self._service = service
        self._stop = Event()

    def __enter__(self) -> "Traffic":
        self._stack = ExitStack()
        pool = self._stack.enter_context(ThreadPoolExecutor(NUM_CLIENTS))
        self._clients = [pool.submit(self._ask, number) for number in range(NUM_CLIENTS)]
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._stack.close()

    def check(self) -> None:
        """See that no request was lost so far."""
        for each in self._clients:
            if each.done():
                each.result()

    def all_follow(self, version: str) -> bool:
        """Whether every connection was answered by the version last."""
        self.check()
        return set(self.latest) == {version}

    def _ask(self, number: int) -> None:
        with httpx.Client(base_url=self._service.url, timeout=30) as client:
            while not self._stop.wait(0.01):
                answer = client.post("/predict", json=BODY)
                assert answer.status_code == 200, answer.text
                self.latest[number] = answer.json()["version"]
                if self.seen[number][-1:] != [self.latest[number]]:
                    self.seen[number].append(self.latest[number])
