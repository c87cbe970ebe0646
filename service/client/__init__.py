"""The typed client of the service: `Client` for threads, `AsyncClient` for asyncio.

    with Client("http://127.0.0.1:8000") as client:
        answer = client.predict(context={"user_id": 81}, candidates=[{"item_id": "i1"}, {"item_id": "i2"}])
        answer["click"]

It needs httpx and nothing else of this project (docs/client.md).
"""

from service.client.answer import Answer
from service.client.asynchronous import AsyncClient
from service.client.blocking import Client
from service.client.errors import (
    ClientError,
    DeadlineError,
    FailedError,
    RefusedError,
    UnavailableError,
    UnexpectedAnswerError,
    UnreachableError,
)
from service.client.model import Feature, Field, Limits, Model, Task
from service.client.problem import Problem
from service.client.retries import Retries

__all__ = [
    "Answer",
    "AsyncClient",
    "Client",
    "ClientError",
    "DeadlineError",
    "FailedError",
    "Feature",
    "Field",
    "Limits",
    "Model",
    "Problem",
    "RefusedError",
    "Retries",
    "Task",
    "UnavailableError",
    "UnexpectedAnswerError",
    "UnreachableError",
]
