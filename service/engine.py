"""The engine: a loaded model that predicts without HTTP, one batch at a time, and never blocks the event loop."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from time import perf_counter

import numpy as np
import torch

from models.checkpoint import load_checkpoint
from models.columns import Column, bags, categories
from models.features import CategoricalFeature, MultiCategoricalFeature
from models.manifest import Manifest
from models.predictor import Predictions, Predictor
from service.coverage import Counts, Coverage
from service.gate import Gate
from service.refusal import NOT_FINITE, NOT_READY, Refusal
from service.request import PredictRequest, RequestReader
from service.settings import Settings


@dataclass(frozen=True, slots=True)
class Outcome:
    """Predictions of one request and what was seen on the way.

    Attributes:
        predictions: by field of the answer, [rows] each.
        num_rows: rows predicted.
        unknown: rows with an unknown category, by feature.
        missing: rows without a value, by feature.
        seconds: by stage.
    """

    predictions: Predictions
    num_rows: int
    unknown: Counts
    missing: Counts
    seconds: dict[str, float]


class Engine:
    """Holds one model version.

    Bodies are parsed in one thread and rows are predicted in another: the network leaves the interpreter's lock, so
    the next request is read meanwhile, and health checks are answered at any time.
    """

    def __init__(self, predictor: Predictor, manifest: Manifest, settings: Settings) -> None:
        self.predictor = predictor
        self.manifest = manifest
        self.reader = RequestReader(manifest.model.features, settings.max_rows)
        self.bodies = Gate(settings.max_open_bodies, "bodies")
        self.rows = Gate(settings.max_queued_rows, "rows")
        self.ready = False
        self._coverage = Coverage(predictor.encoder)
        self._parse_thread = ThreadPoolExecutor(1, thread_name_prefix="parse")
        # OpenMP keeps the number of threads per thread that asks: it must be set where the network runs.
        self._model_thread = ThreadPoolExecutor(
            1, thread_name_prefix="model", initializer=torch.set_num_threads, initargs=(settings.num_threads,)
        )

    @classmethod
    def load(cls, settings: Settings) -> "Engine":
        """Load, verify and warm up the checkpoint.

        Raises:
            CheckpointError: it cannot be served.
            Refusal: its predictions are not finite.
        """
        predictor, manifest = load_checkpoint(settings.checkpoint)
        engine = cls(predictor, manifest, settings)
        try:
            engine.warm_up()
        except BaseException:
            engine.close()
            raise
        return engine

    def warm_up(self) -> None:
        """Predict a row of empty ids and missing numbers, in the thread that will serve; then the engine is ready.

        What ids are looked up in is made by the first lookup, which no request shall wait for.
        """
        columns: dict[str, Column] = {}
        for feature in self.manifest.model.features:
            if isinstance(feature, CategoricalFeature):
                columns[feature.name] = categories(feature.name, [""])
            elif isinstance(feature, MultiCategoricalFeature):
                columns[feature.name] = bags(feature.name, [[""]])
        request = PredictRequest(columns, 1)
        self._model_thread.submit(self._predict, request, perf_counter()).result()
        self.ready = True

    async def read(self, body: bytes) -> PredictRequest:
        """Parse a body in the thread for it.

        Raises:
            Refusal: see `RequestReader.read`.
        """
        self._check_ready()
        return await asyncio.get_running_loop().run_in_executor(self._parse_thread, self.reader.read, body)

    async def predict(self, request: PredictRequest) -> Outcome:
        """Predict rows as soon as the model's thread is free.

        Raises:
            Overloaded: the rows do not fit into the queue.
            Refusal: a prediction is not finite.
        """
        self._check_ready()
        with self.rows.holding(request.num_rows):
            return await asyncio.get_running_loop().run_in_executor(
                self._model_thread, self._predict, request, perf_counter()
            )

    def close(self) -> None:
        """Finish what was accepted and stop the threads."""
        self.ready = False
        self._parse_thread.shutdown()
        self._model_thread.shutdown()

    def _check_ready(self) -> None:
        if not self.ready:
            raise Refusal(NOT_READY, "the model is not loaded, or the service is stopping: ask another instance")

    def _predict(self, request: PredictRequest, queued_at: float) -> Outcome:
        started = perf_counter()
        batch = self.predictor.encoder.encode(request.columns, request.num_rows, request.context)
        encoded = perf_counter()
        predictions = self.predictor.predict_encoded(batch)
        predicted = perf_counter()
        _check_finite(predictions)
        return Outcome(
            predictions,
            request.num_rows,
            self._coverage.unknown(batch),
            self._coverage.missing(batch),
            {"wait": started - queued_at, "encode": encoded - started, "network": predicted - encoded},
        )


def _check_finite(predictions: Predictions) -> None:
    for field, values in predictions.items():
        finite = np.isfinite(values)
        if not finite.all():
            row = int(finite.argmin())
            raise Refusal(
                NOT_FINITE,
                f"predictions are finite; found NaN or infinity in '{field}' of row {row}: look for an extreme number "
                f"in that row; if there is none, the model is broken and should be rolled back",
                row=row,
                field=field,
            )
