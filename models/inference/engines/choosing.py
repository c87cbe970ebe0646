"""Finds an engine that runs a model as its training network does, and says why another one did not."""

import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from torch import nn

from models.errors import ConfigError
from models.inference.engines.by_torch import TorchRunner
from models.inference.engines.names import (
    ENGINES_OF,
    EngineChoice,
    EngineName,
    GraphName,
    Precision,
    graph_file,
)
from models.inference.engines.runner import Runner

_logger = logging.getLogger(__name__)
Runners = dict[GraphName, Runner]
Check = Callable[[Runners, Precision], str | None]
"""What is wrong with the predictions of some runners; None where nothing is."""


@dataclass(frozen=True)
class Running:
    """What serves.

    Attributes:
        engine: of the runners.
        precision: of their large products.
        runners: one a graph; none where the training network itself serves.
        passed_over: engines that were tried before, and what was wrong with each.
    """

    engine: EngineName
    precision: Precision
    runners: Runners
    passed_over: tuple[str, ...] = ()


def running(
    modules: Mapping[GraphName, nn.Module],
    graphs: Mapping[str, bytes],
    check: Check,
    *,
    engine: EngineChoice = "auto",
    precision: Precision = "float32",
    num_threads: int = 1,
) -> Running:
    """The first engine that agrees with the training network; where not one does, that network.

    Args:
        modules: the graphs as PyTorch has them.
        graphs: bytes of ONNX models by file name, from the checkpoint.
        check: tries runners on rows.
        engine: the one to take; another one steps in where it cannot run the model.
        precision: the one to take; float32 steps in where no engine can run it.
        num_threads: of one prediction.

    Raises:
        ConfigError: the engine does not know the precision.
    """
    passed_over: list[str] = []
    for name, tried in _in_turn(engine, precision):
        try:
            runners = _runners(name, tried, modules, graphs, num_threads)
            reason = check(runners, tried)
        except Exception as error:  # an engine fails in its own ways, and a model is served without it
            reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        else:
            if reason is None:
                return Running(name, tried, runners, tuple(passed_over))
        passed_over.append(f"{name} in {tried}: {reason}")
        _logger.warning("engine passed over: %s", passed_over[-1])
    return Running("network", "float32", {}, tuple(passed_over))


def _in_turn(engine: EngineChoice, precision: Precision) -> Iterator[tuple[EngineName, Precision]]:
    """What is tried, one after the other: first as asked, at last PyTorch in float32, which needs no file."""
    engines = ENGINES_OF[precision]
    if engine != "auto" and engine not in engines:
        raise ConfigError(
            f"{precision} is run by {' or '.join(engines)}; found engine = {engine}: leave the engine out, or choose "
            f"another precision"
        )
    order = engines if engine == "auto" else (engine, *(each for each in engines if each != engine))
    yield from ((name, precision) for name in order)
    if precision != "float32":
        yield from ((name, "float32") for name in ENGINES_OF["float32"])


def _runners(
    engine: EngineName,
    precision: Precision,
    modules: Mapping[GraphName, nn.Module],
    graphs: Mapping[str, bytes],
    num_threads: int,
) -> Runners:
    if engine == "torch":
        return {name: TorchRunner(module, precision) for name, module in modules.items()}
    from models.inference.engines.by_onnx import OnnxRunner  # a host without ONNX Runtime serves by PyTorch

    missing = [file for name in modules if (file := graph_file(name, precision)) not in graphs]
    if missing:
        raise LookupError(f"the checkpoint holds no {missing[0]}; a training with `[inference] graphs` on writes it")
    return {name: OnnxRunner(graphs[graph_file(name, precision)], num_threads) for name in modules}
