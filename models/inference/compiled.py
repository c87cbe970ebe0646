"""A predictor made ready to serve: the same predictions, to float rounding, in a fraction of the time."""

from collections.abc import Mapping

import numpy as np
from torch import nn

from models.batch import EncodedBatch, SplitBatch
from models.inference.engines.agreement import disagreement
from models.inference.engines.allowed import allowed_precision
from models.inference.engines.choosing import Runners, running
from models.inference.engines.names import EngineChoice, GraphName, Precision, PrecisionChoice
from models.inference.engines.probe import probe
from models.inference.engines.runner import PredictedRows
from models.inference.graph import graphs_of
from models.inference.inputs import GraphInputs
from models.inference.parts import Parts
from models.manifest import Manifest
from models.predictor import Predictor


class CompiledPredictor:
    """Predicts encoded rows, whole or parted into a context and its candidates; used from one thread at a time.

    Before it serves, an engine predicts some rows; one that does not agree with the training network is passed over.
    Where none is left, the training network itself serves.

    Args:
        predictor: of a checkpoint, with its graphs, or of a training.
        engine: that runs the graphs; another one steps in where it cannot.
        precision: of the large products.
        num_threads: of one prediction by ONNX Runtime; those of PyTorch are set by `torch.set_num_threads`.
        graphs: bytes of ONNX models by file name; those of the predictor where left out.

    Attributes:
        fields: of an answer, in the order of the configuration.
        engine: that runs the graphs.
        precision: of the large products, as it is served.
        passed_over: engines that could not run the model as asked, and why.

    Raises:
        ConfigError: the engine does not know the precision.
    """

    def __init__(
        self,
        predictor: Predictor,
        *,
        engine: EngineChoice = "auto",
        precision: Precision = "float32",
        num_threads: int = 1,
        graphs: Mapping[str, bytes] | None = None,
    ) -> None:
        self.fields = tuple(name for task in predictor.config.tasks for name in task.prediction_names)
        self._predictor = predictor
        self._parts = Parts.of(predictor.encoder)
        self._inputs = GraphInputs(predictor)
        made = graphs_of(predictor, self._inputs.columns)
        modules: dict[GraphName, nn.Module] = {"full": made.full}
        if made.split is not None:
            modules["split"] = made.split
        chosen = running(
            modules,
            predictor.graphs if graphs is None else graphs,
            self._disagreement,
            engine=engine,
            precision=precision,
            num_threads=num_threads,
        )
        self.engine, self.precision, self.passed_over = chosen.engine, chosen.precision, chosen.passed_over
        self._runners = chosen.runners

    @classmethod
    def load(
        cls,
        predictor: Predictor,
        manifest: Manifest,
        *,
        engine: EngineChoice = "auto",
        precision: PrecisionChoice = "float32",
        num_threads: int = 1,
    ) -> "CompiledPredictor":
        """For serving: in a precision that the check at export passed.

        Raises:
            CheckpointError: the precision did not pass, or was not checked.
            ConfigError: the engine does not know the precision.
        """
        allowed = allowed_precision(precision, manifest.precisions)
        return cls(predictor, engine=engine, precision=allowed, num_threads=num_threads)

    def predict(self, batch: EncodedBatch | SplitBatch) -> PredictedRows:
        """Predictions of the rows, calibrated, [rows, fields]."""
        return self._predicted(self._runners, batch)

    def _predicted(self, runners: Runners, batch: EncodedBatch | SplitBatch) -> PredictedRows:
        if isinstance(batch, SplitBatch):
            if "split" in runners:
                return runners["split"](*self._inputs.parted(batch))
            batch = self._parts.joined(batch)
        return runners["full"](*self._inputs.whole(batch)) if "full" in runners else self._of_network(batch)

    def _of_network(self, rows: EncodedBatch) -> PredictedRows:
        found = self._predictor.predict_encoded(rows)
        return np.stack([found[field] for field in self.fields], axis=1)

    def _disagreement(self, runners: Runners, precision: Precision) -> str | None:
        """What is wrong with the runners' predictions of some rows; None where nothing is."""
        rows = probe(self._predictor.encoder)
        parted = self._parts.split(rows)
        for batch, whole in ((rows, rows), (parted, self._parts.joined(parted))):
            answered = self._predicted(runners, batch)
            reason = disagreement(self._of_network(whole), answered, self.fields, precision)
            if reason is not None:
                return reason
        return None
