"""The parts of a prediction, each alone in a loop that does nothing else: what they cost where nothing is between them.

    python -m benchmarks.serving.floor CHECKPOINT PRECISION SECONDS ROWS...

Writes JSON to standard output: by number of candidates and by stage, seconds of processor time. Run by
benchmarks.serving on the server's core.
"""

import itertools
import json
import sys
import time
from collections.abc import Callable
from typing import Any

from benchmarks.serving.asked import NUM_QUESTIONS
from benchmarks.serving.questions import questions
from benchmarks.serving.system import SPLIT_ROWS
from service.answer import answer
from service.engine import Engine
from service.settings import Settings

TRIES = 3
REQUEST_ID = "0" * 32


def alone(engine: Engine, rows: int, seconds: float) -> dict[str, float]:
    """Seconds of each part, of requests with so many candidates."""
    bodies = [SPLIT_ROWS.encode(question)[0] for question in questions(NUM_QUESTIONS, rows)]
    requests = [engine.reader.read(body) for body in bodies]
    encoder = engine.predictor.encoder
    batches = [encoder.encode_split(each.columns, each.num_rows, each.context or {}) for each in requests]
    outcomes = [engine.predict_now(each) for each in requests]
    return {
        "parse": _cost(engine.reader.read, bodies, seconds),
        "encode": _cost(
            lambda each: encoder.encode_split(each.columns, each.num_rows, each.context), requests, seconds
        ),
        "network": _cost(engine.compiled.predict, batches, seconds),
        "write": _cost(lambda each: answer(engine.manifest, REQUEST_ID, each), outcomes, seconds),
    }


def _cost(part: Callable[[Any], object], inputs: list[Any], seconds: float) -> float:
    """Processor time of one call, the least of some tries."""
    found = []
    for _ in range(TRIES):
        turns, calls = itertools.cycle(inputs), 0
        began, cpu = time.perf_counter(), time.process_time()
        while time.perf_counter() - began < seconds / TRIES:
            part(next(turns))
            calls += 1
        found.append((time.process_time() - cpu) / calls)
    return min(found)


def main() -> None:
    checkpoint, precision, seconds, *sizes = sys.argv[1:]
    engine = Engine.load(Settings.model_validate({"checkpoint": checkpoint, "precision": precision}))
    print(json.dumps({rows: alone(engine, int(rows), float(seconds)) for rows in sizes}))


if __name__ == "__main__":
    main()
