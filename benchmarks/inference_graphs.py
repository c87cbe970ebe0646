"""The network as it is trained against its graphs for predictions, in torch and in ONNX Runtime.

    OMP_NUM_THREADS=1 python -m benchmarks.inference_graphs [--rows 1 10 100 500] [--rounds 40]

A mixture of four experts of [256, 128], 15 features of the context and 15 of a candidate with embeddings of 16, three
binary tasks. From encoded rows to calibrated predictions, on one thread; all ways take turns in one process, and the
median of the CPU time of a call is shown, in microseconds. `inputs` is the lookup alone, before the graph.
"""

import argparse
import io
import statistics
import time
from collections.abc import Callable
from typing import Any

import onnxruntime
import torch
from torch import Tensor, nn
from torch.export import Dim

from models.batch import EncodedBatch
from models.calibration import Platt
from models.config import ModelConfig
from models.encoder import Encoder, Fitted
from models.features.vocabulary import HashVocabulary
from models.heads import BinaryStatistics
from models.inference.graph import graphs_of
from models.inference.inputs import GraphInputs
from models.inference.parts import Parts
from models.network import Network
from models.predictor import Predictor

NUM_FEATURES, NUM_TASKS, BUCKETS = 30, 3, 20_000
Way = Callable[[], Any]


def predictor() -> Predictor:
    """The network of the module's docstring, with random weights."""
    vocabulary = {"kind": "hash", "num_buckets": BUCKETS}
    features = [
        {"name": f"f{n}", "kind": "categorical", "scope": ("context", "candidate")[n % 2], "vocabulary": vocabulary}
        for n in range(NUM_FEATURES)
    ]
    tasks = [{"name": f"t{n}", "kind": "binary", "label": f"l{n}"} for n in range(NUM_TASKS)]
    trunk = {"kind": "mmoe", "num_experts": 4, "expert": {"widths": [256, 128]}}
    config = ModelConfig.model_validate({"features": features, "tasks": tasks, "trunk": trunk})
    encoder = Encoder(config.features, Fitted({f.name: HashVocabulary(BUCKETS) for f in config.features}, {}))
    torch.manual_seed(0)
    network = Network(config, encoder, {task.name: BinaryStatistics(num_observed=9, rate=0.1) for task in config.tasks})
    return Predictor(config, encoder, network, {task.name: Platt(slope=1.1) for task in config.tasks})


def session_of(graph: nn.Module, inputs: tuple[Tensor, ...]) -> Callable[..., Any]:
    """The graph in ONNX Runtime; the last input has a row for each prediction."""
    shapes = (*(None for _ in inputs[:-1]), {0: Dim.DYNAMIC})
    program = torch.onnx.export(graph, inputs, dynamo=True, dynamic_shapes=shapes, verbose=False)
    assert program is not None
    content = io.BytesIO()
    program.save(content)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(content.getvalue(), options, providers=["CPUExecutionProvider"])
    names = [each.name for each in session.get_inputs()]
    return lambda *given: session.run(None, {name: x.numpy() for name, x in zip(names, given, strict=True)})


class Bench:
    """All ways of one predictor."""

    def __init__(self) -> None:
        self.predictor = predictor()
        self.inputs = GraphInputs(self.predictor)
        self.parts = Parts.of(self.predictor.encoder)
        graphs = graphs_of(self.predictor, self.inputs.columns)
        assert graphs.split is not None
        self.full, self.split = graphs.full, graphs.split
        batch = self.batch(7)
        with torch.no_grad():
            whole = tuple(each.clone() for each in self.inputs.whole(batch))
            parted = tuple(each.clone() for each in self.inputs.parted(self.parts.split(batch)))
        self.full_onnx, self.split_onnx = session_of(self.full, whole), session_of(self.split, parted)

    def batch(self, num_rows: int) -> EncodedBatch:
        """Random rows that share their context."""
        first = torch.tensor([self.predictor.encoder.first_row(name) for name in self.predictor.encoder.id_features])
        ids = torch.randint(2, BUCKETS, (num_rows, NUM_FEATURES)) + first
        rows = EncodedBatch(ids, {}, torch.zeros(num_rows, 0))
        return self.parts.joined(self.parts.split(rows))

    def ways(self, num_rows: int) -> dict[str, Way]:
        """By name, what makes predictions of encoded rows."""
        batch = self.batch(num_rows)
        split, made = self.parts.split(batch), self.inputs
        return {
            "trained": lambda: self.predictor.predict_encoded(batch),
            "full": lambda: self.full(*made.whole(batch)),
            "split": lambda: self.split(*made.parted(split)),
            "full, ONNX": lambda: self.full_onnx(*made.whole(batch)),
            "split, ONNX": lambda: self.split_onnx(*made.parted(split)),
            "inputs full": lambda: made.whole(batch),
            "inputs split": lambda: made.parted(split),
        }


def measured(ways: dict[str, Way], rounds: int, calls: int = 5) -> dict[str, float]:
    """Median of the CPU time of a call in microseconds, by name."""
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            way()
            started = time.thread_time()
            for _ in range(calls):
                way()
            seconds[name].append((time.thread_time() - started) / calls)
    return {name: statistics.median(each) * 1e6 for name, each in seconds.items()}


@torch.inference_mode()
def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="+", default=[1, 10, 100, 500])
    parser.add_argument("--rounds", type=int, default=40)
    asked = parser.parse_args()
    torch.set_num_threads(1)
    bench = Bench()
    found = [measured(bench.ways(num_rows), asked.rounds) for num_rows in asked.rows]
    print(f"{'rows':14}" + "".join(f"{num_rows:>10}" for num_rows in asked.rows))
    for name in found[0]:
        print(f"{name:14}" + "".join(f"{each[name]:10.0f}" for each in found))


if __name__ == "__main__":
    main()
