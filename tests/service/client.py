"""A client that calls an app in this process, with its lifespan, on an event loop of its own."""

import asyncio
import json
from collections.abc import Coroutine
from types import TracebackType
from typing import Any, Self, TypeVar

import httpx
from fastapi import FastAPI

T = TypeVar("T")


class Client:
    """Calls the app; an error that leaves the app fails the test."""

    def __init__(self, app: FastAPI, *, lifespan: bool = True) -> None:
        self.app = app
        self.lifespan = lifespan
        self.http = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://service")

    def __enter__(self) -> Self:
        self._runner = asyncio.Runner()
        self._context = self.app.router.lifespan_context(self.app)
        if self.lifespan:
            self.run(self._context.__aenter__())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.lifespan:
            self.run(self._context.__aexit__(None, None, None))
        self.run(self.http.aclose())
        self._runner.close()

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        return self._runner.run(coroutine)

    def get(self, path: str, **options: Any) -> httpx.Response:
        return self.run(self.http.get(path, **options))

    def post(self, path: str = "/predict", **options: Any) -> httpx.Response:
        return self.run(self.http.post(path, **options))

    def send(self, method: str, path: str, **options: Any) -> httpx.Response:
        return self.run(self.http.request(method, path, **options))

    def predict(self, body: object, **options: Any) -> httpx.Response:
        headers = {"Content-Type": "application/json", **options.pop("headers", {})}
        return self.post(content=json.dumps(body), headers=headers, **options)

    def metric(self, name: str, **labels: str) -> float:
        self.app.state.metrics.pour()
        value = self.app.state.metrics.registry.get_sample_value(name, labels)
        return 0.0 if value is None else value


def assert_problem(response: httpx.Response, status: int, slug: str) -> dict[str, Any]:
    """The problem document of the response, whole and of this kind."""
    assert response.headers["content-type"] == "application/problem+json", response.text
    problem: dict[str, Any] = response.json()
    assert (response.status_code, problem["status"]) == (status, status), problem
    assert problem["type"] == f"urn:problem-type:threefold:{slug}", problem
    assert problem["title"]
    assert problem["detail"]
    assert problem["instance"] == response.request.url.path
    assert problem["request_id"] == response.headers["x-request-id"]
    assert "Traceback" not in response.text
    return problem
