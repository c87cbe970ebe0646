"""The engine: a loaded model that predicts without HTTP, in slices on the event loop."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic

import numpy as np
import torch
from numpy.typing import NDArray

from models.columns import Column, bags, categories
from models.features import CategoricalFeature, MultiCategoricalFeature
from models.inference import CompiledPredictor
from models.inference.engines.probe import probe
from service.batching.forward import Forward, check_finite
from service.batching.job import Job, Values, never, too_late
from service.batching.turns import Turns
from service.batching.watcher import Watcher
from service.body.reader import RequestReader
from service.coverage import Counts
from service.large_bodies import LargeBodies
from service.loaded import Loaded, load
from service.ranking import Ranker
from service.refusal import NOT_READY, Refusal
from service.request import PredictRequest
from service.room import Room
from service.settings import Settings

SMALL_ROWS = 32
"""Requests of at most so many rows are predicted together: below about a hundred rows a batch costs what one costs."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """Predictions of one request and what was seen on the way.

    Attributes:
        fields: names of the columns of `values`.
        values: predictions of all rows in the order sent, [rows, fields].
        order: positions of the best rows, best first, [top_k]; None where all rows were asked for.
        unknown: rows with an unknown category, by feature.
        missing: rows without a value, by feature.
        seconds: by stage.
    """

    fields: tuple[str, ...]
    values: Values
    order: NDArray[np.int64] | None
    unknown: Counts
    missing: Counts
    seconds: dict[str, float]


class Engine:
    """Holds one model version.

    Nothing in it points back at it: an engine that was swapped out is freed with its last request, without the
    collector, which is told to spare what a server holds for long.

    Args:
        loaded: the version.
        settings: of the service.
        room: of the process; left out, the engine has its own.

    Attributes:
        predictor: as it was trained.
        compiled: the same, ready to serve.
        manifest: what the version says of itself.
        reference: of its training window; None where it has none.
        bodies: requests between their first byte and their answer.
        rows: rows waiting for the network or in it.
        turns: the queue.
        num_users: requests that began on this engine and are not answered.
        large_bodies: whose turn it is to be read.
        ready: whether it predicts.
    """

    def __init__(self, loaded: Loaded, settings: Settings, room: Room | None = None) -> None:
        self.predictor, self.manifest, self.reference = loaded.predictor, loaded.manifest, loaded.reference
        self.compiled = CompiledPredictor.load(
            self.predictor,
            self.manifest,
            engine=settings.engine,
            precision=settings.precision,
            num_threads=settings.num_threads,
        )
        self.ranker = Ranker(self.manifest.model)
        self.reader = RequestReader(self.manifest.model.features, settings.max_rows)
        room = room or Room(settings)
        self._room, self.bodies, self.rows = room, room.bodies, room.rows
        self.num_users = 0
        self.large_bodies = LargeBodies()
        self.ready = False
        self._bytes_per_row = math.inf
        self._forward = Forward(self.predictor.encoder, self.compiled)
        self.turns = Turns(
            self._forward,
            max_batch_rows=settings.max_batch_rows,
            small_rows=SMALL_ROWS,
            max_delay_s=settings.max_delay_ms / 1e3,
            num_open=lambda: room.bodies.held,
            pace=room.pace,
        )

    @classmethod
    def load(cls, settings: Settings, loaded: Loaded | None = None, room: Room | None = None) -> "Engine":
        """Load and verify the checkpoint of the settings, unless a model is given, and warm up.

        Raises:
            CheckpointError: it cannot be served.
            Refusal: its predictions are not finite.
        """
        # Of the thread that asks: the event loop's, which is the one that predicts, or one that makes another engine.
        torch.set_num_threads(settings.num_threads)
        if loaded is None:
            assert settings.checkpoint is not None  # who follows a registry brings the version
            loaded = load(settings.checkpoint)
        engine = cls(loaded, settings, room)
        engine.warm_up()
        return engine

    def warm_up(self) -> None:
        """Predict rows of empty ids and missing numbers, whole and parted, and rows of any ids; then it is ready.

        What ids are looked up in is made by the first lookup, which no request shall wait for.

        Raises:
            Refusal: a prediction is not finite.
        """
        columns: dict[str, Column] = {}
        for feature in self.manifest.model.features:
            if isinstance(feature, CategoricalFeature):
                columns[feature.name] = categories(feature.name, [""])
            elif isinstance(feature, MultiCategoricalFeature):
                columns[feature.name] = bags(feature.name, [[""]])
        from_context = {f.name for f in self.manifest.model.features if f.scope == "context"}
        context = {name: column for name, column in columns.items() if name in from_context}
        candidates = {name: column for name, column in columns.items() if name not in from_context}
        for request in (PredictRequest(columns, 1), PredictRequest(candidates, 1, context)):
            self.predict_now(request)
        check_finite(self.compiled.predict(probe(self.predictor.encoder)), self.compiled.fields)
        self.ready = True

    def watch(self, watcher: Watcher) -> None:
        """Tell the watcher what happens from now on, and whether the engine is ready."""
        self.rows.changed = watcher.rows_changed
        self.bodies.changed = watcher.bodies_changed
        self.turns.watcher = watcher
        watcher.ready_changed(self.ready)

    def read(self, body: bytes, *, arrow: bool = False) -> PredictRequest:
        """Parse a body, and learn how many rows a byte holds.

        Raises:
            Refusal: see `RequestReader.read`.
        """
        request = self.reader.read(body, arrow=arrow)
        self._bytes_per_row = len(body) / request.num_rows
        return request

    def check_room(self, num_bytes: int) -> None:
        """Refuse one more body of so many bytes where it, or its rows, would hardly find room.

        Raises:
            Overloaded: too many bodies are open, or the queue is full.
        """
        self.bodies.check(1)
        self.check_rows(num_bytes)

    def check_rows(self, num_bytes: int) -> None:
        """Refuse a body of so many bytes before it is read, where its rows would hardly find room.

        They are guessed from the body read last; a guess refuses nothing while the queue is empty.

        Raises:
            Overloaded: the queue is full.
        """
        if self.rows.held:
            self.rows.check(min(max(1, int(num_bytes / self._bytes_per_row)), self.reader.max_rows))

    def wait_s(self) -> float:
        """An estimate of the seconds until what is queued now is predicted."""
        return self._room.wait_s()

    def holding(self) -> "Use":
        """Room for one body, and this engine, for a block: from a request's first byte to its answer."""
        return Use(self)

    async def predict(
        self, request: PredictRequest, deadline: float | None = None, gone: Callable[[], bool] = never
    ) -> Outcome:
        """Predict rows, behind what is queued already.

        Args:
            request: the rows.
            deadline: when the answer is of no use any more, by `time.monotonic`.
            gone: asked whether the client has left, before anything is computed for it.

        Raises:
            Overloaded: the rows do not fit into the queue.
            Refusal: the deadline cannot be or was not met, the client left, or a prediction is not finite.
        """
        self.check_ready()
        self.ranker.check(request.options.top_k)
        now = monotonic()
        if deadline is not None and now + self.wait_s() > deadline:
            self.turns.watcher.deadline_missed("arrival")
            raise too_late(f"{self.rows.held} rows queued before it, which take longer")
        with self.rows.holding(request.num_rows):
            job = await self.turns.outcome(Job(request, now, deadline, gone))
        return self._outcome(job)

    def predict_now(self, request: PredictRequest) -> Outcome:
        """Predict rows before all that is queued; for what is done before there are clients.

        Raises:
            Refusal: a prediction is not finite.
        """
        job = Job(request, monotonic())
        self._forward.alone(job, request.num_rows)
        return self._outcome(job)

    def _outcome(self, job: Job) -> Outcome:
        values, order = self.ranker.ranked(job.values, job.request.options.top_k)
        return Outcome(self.ranker.fields, values, order, job.unknown, job.missing, job.seconds)

    def close(self) -> None:
        """Predict nothing more than what was accepted."""
        self.ready = False
        self.turns.watcher.ready_changed(False)

    def check_ready(self) -> None:
        """Whether it predicts.

        Raises:
            Refusal: it does not yet, or not any more.
        """
        if not self.ready:
            raise Refusal(NOT_READY, "the model is not loaded, or the service is stopping: ask another instance")


class Use:
    """One request on one engine; a class for the reason that `Holding` is one."""

    __slots__ = ("_engine",)

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def __enter__(self) -> None:
        self._engine.bodies.check(1)
        self._engine.bodies.add(1)
        self._engine.num_users += 1

    def __exit__(self, *_: object) -> None:
        self._engine.num_users -= 1
        self._engine.bodies.add(-1)
