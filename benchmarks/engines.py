"""Which engine runs the inference graphs fastest, and how precisely: the table of docs/results.md.

    OMP_NUM_THREADS=1 python -m benchmarks.engines [--rows 1 50 100 500] [--rounds 60] [--write]

The network of `benchmarks.inference_graphs`, from encoded rows to calibrated predictions on one thread. All ways take
turns in one process; the median of the processor time of a call is shown, and how many times as fast as the training
network that is. Split: the rows share their context, which is computed once. AOTInductor makes native code, which no
checkpoint may hold; it is measured to know what that costs.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from benchmarks.inference_graphs import predictor as benchmarked
from benchmarks.results_page import replace_section
from models.batch import EncodedBatch, SplitBatch
from models.inference.compiled import CompiledPredictor
from models.inference.engines.names import graph_file
from models.inference.engines.probe import probe
from models.inference.graph import graphs_of
from models.inference.inputs import GraphInputs
from models.inference.parts import Parts
from models.predictor import Predictor
from training.inference.graphs import float_graphs, int8_graphs
from training.inference.onnx_graph import serialised

EAGER = "training network"
ENGINES = (
    ("torch", "float32"),
    ("torch", "bfloat16"),
    ("onnxruntime", "float32"),
    ("onnxruntime", "int8"),
)
Batch = EncodedBatch | SplitBatch
Ways = dict[str, Callable[[Batch], Any]]


def ways(model: Predictor) -> Ways:
    """How rows may be predicted, by name."""
    parts = Parts.of(model.encoder)
    found: Ways = {
        EAGER: lambda batch: model.predict_encoded(parts.joined(batch) if isinstance(batch, SplitBatch) else batch)
    }
    models = float_graphs(model)
    graphs = {graph_file(name, "float32"): serialised(each) for name, each in models.items()}
    graphs |= int8_graphs(model, models, probe(model.encoder, 2_000))
    for engine, precision in ENGINES:
        made = CompiledPredictor(model, engine=engine, precision=precision, graphs=graphs)
        assert (made.engine, made.precision) == (engine, precision), made.passed_over
        found[f"{engine}, {precision}"] = made.predict
    return found | _ahead_of_time(model)


def _ahead_of_time(model: Predictor) -> Ways:
    """AOTInductor; nothing where there is no C++ compiler."""
    inputs = GraphInputs(model)
    full, split = graphs_of(model, inputs.columns)
    assert split is not None
    rows = probe(model.encoder)
    any_number = {0: torch.export.Dim.DYNAMIC}
    folder = Path(tempfile.mkdtemp())
    try:
        with torch.no_grad():
            whole, parted = (
                _compiled(graph, given, shapes, folder / name)
                for name, graph, given, shapes in (
                    ("full.pt2", full, inputs.whole(rows), (any_number,)),
                    ("split.pt2", split, inputs.parted(Parts.of(model.encoder).split(rows)), (None, any_number)),
                )
            )
    except Exception as error:  # compilers fail in their own ways, and the rest is measured without
        print(f"no AOTInductor: {str(error).splitlines()[0]}")
        return {}

    def predict(batch: Batch) -> Any:
        if isinstance(batch, SplitBatch):
            return whole_or_parted(parted, inputs.parted(batch))
        return whole_or_parted(whole, inputs.whole(batch))

    def whole_or_parted(runner: Any, given: tuple[torch.Tensor, ...]) -> Any:
        with torch.inference_mode():
            return runner(*given).numpy()

    return {"AOTInductor, float32": predict}


def _compiled(graph: torch.nn.Module, given: tuple[torch.Tensor, ...], shapes: Any, file: Path) -> Any:
    program = torch.export.export(graph, tuple(each.clone() for each in given), dynamic_shapes=shapes)
    torch._inductor.aoti_compile_and_package(program, package_path=str(file))
    return torch._inductor.aoti_load_package(str(file))


def measured(found: Ways, batch: Batch, rounds: int) -> dict[str, float]:
    """The median of the processor time of a call, in milliseconds, by way."""
    taken: dict[str, list[float]] = {name: [] for name in found}
    for turn in range(rounds + 3):
        for name, predict in found.items():
            started = time.thread_time()
            predict(batch)
            if turn >= 3:
                taken[name].append((time.thread_time() - started) * 1e3)
    return {name: statistics.median(each) for name, each in taken.items()}


def page(model: Predictor, sizes: list[int], rounds: int) -> str:
    found = ways(model)
    parts = Parts.of(model.encoder)
    titles = " | ".join(f"{size} rows" for size in sizes)
    lines = []
    for form in ("whole rows", "one context and its candidates"):
        lines += [f"| {form}: ms (times as fast) | {titles} |", "|---" * (len(sizes) + 1) + "|"]
        by_size = []
        for size in sizes:
            rows = probe(model.encoder, size)
            by_size.append(measured(found, rows if form == "whole rows" else parts.split(rows), rounds))
        for name in found:
            cells = [f"{each[name]:.3f} ({each[EAGER] / each[name]:.2f})" for each in by_size]
            lines.append(f"| {name} | {' | '.join(cells)} |")
        lines.append("")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="+", default=[1, 50, 100, 500])
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--write", action="store_true", help="put the table into docs/results.md")
    settings = parser.parse_args()
    torch.set_num_threads(1)
    text = page(benchmarked(), settings.rows, settings.rounds)
    print(text)
    if settings.write:
        replace_section("engines", text)


if __name__ == "__main__":
    main()
