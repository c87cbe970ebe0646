"""A bar is kept or missed by the numbers alone."""

import math
from dataclasses import replace

import numpy as np
import pytest

from benchmarks.serving.bars import least, most
from benchmarks.serving.extent import QUICK
from benchmarks.serving.forms import FORMS
from benchmarks.serving.load import Load
from benchmarks.serving.overload import Overloaded
from benchmarks.serving.overload_page import judged, kept_all
from benchmarks.serving.page import ratio_bars, ratios_section, stage_bars, stages_section
from benchmarks.serving.questions import questions
from benchmarks.serving.ratios import Measured, Ratios
from benchmarks.serving.stages import STAGES, Staged
from benchmarks.serving.system import System, baseline, ours, peers
from benchmarks.serving.turn import Turn
from benchmarks.serving.v2_tensors import as_binary, as_json, tensors
from benchmarks.serving.world import ALL_SIZES
from models.config import ModelConfig
from models.features import CategoricalFeature
from models.heads.binary import BinaryTask
from service.inference_protocol.request import InferReader

SPLIT = FORMS["split_rows"]


def test_a_bar_is_on_its_side_and_nothing_keeps_what_is_no_number() -> None:
    assert least("x", 5.5, 5.5, "{}").kept
    assert not least("x", 5.49, 5.5, "{}").kept
    assert most("x", 3.0, 3.0, "{}").kept
    assert not most("x", 3.01, 3.0, "{}").kept
    assert not least("x", math.nan, 1, "{}").kept
    assert not most("x", math.nan, 1, "{}").kept
    assert "**missed**" in least("x", 1, 2, "{}").row()


def measured(system: System, ratio: float, form: str = "split_rows") -> Measured:
    own = FORMS[form] if len(system.forms) > 1 or system.same_engine else system.forms[0]
    turns = [Turn(cpu=1e-3 / ratio, p50=1e-3, p99=2e-3, rate=1000, client_share=0.1)] * 3
    return Measured(system, own, 0.0, turns, [ratio, 0.9 * ratio, 1.1 * ratio])


def ratios(exact: float, peer: float) -> Ratios:
    litserve = peers()["litserve"][0]
    mine = measured(ours("float32", [SPLIT]), exact)
    return Ratios(
        [measured(baseline(), 1.0), mine], {"litserve": [measured(baseline(), 1.0), mine, measured(litserve, peer)]}
    )


@pytest.mark.parametrize(("exact", "peer", "kept"), [(5.6, 1.0, [True, True]), (5.4, 5.5, [False, False])])
def test_ours_is_judged_against_the_baseline_and_every_peer_with_our_engine(
    exact: float, peer: float, kept: list[bool]
) -> None:
    found = ratios(exact, peer)
    assert [bar.kept for bar in ratio_bars(found)] == kept
    assert ("**missed**" in ratios_section(found)) is not all(kept)


def test_a_server_that_failed_is_told_with_its_reason() -> None:
    found = ratios(6.0, 1.0)
    found.failed["Triton"] = "a trace\nno such binary\n"
    assert "Not measured: Triton: `no such binary`" in ratios_section(found)


def test_a_floor_is_the_sum_of_its_parts_and_the_whole_is_judged_by_it() -> None:
    turn = Turn(cpu=1.3e-3, p50=1e-3, p99=1e-3, rate=1, client_share=0.1)
    staged = Staged(100, turn, dict.fromkeys(STAGES, 2e-4), dict.fromkeys(STAGES, 2e-4), echo=2e-4)
    assert staged.floor == pytest.approx(1e-3)
    assert staged.http == pytest.approx(5e-4)
    assert stage_bars({"float32": [staged]})[0].kept is (staged.over_floor <= 1.3)
    slower = replace(staged, echo=1e-4)
    assert not stage_bars({"float32": [slower]})[0].kept
    assert "| 100 |" in stages_section({"float32": [staged]})


def overloaded(statuses: list[int], latency: float = 0.01) -> Overloaded:
    """Ten requests a second for as long as there are statuses; the overload has the first four seconds."""
    load = Load()
    for number, status in enumerate(statuses):
        load.add(number / 10, latency, status)
    return Overloaded(4.0, 5.0, load, 0.01, [100] * 4, survived=True)


def test_goodput_is_the_share_of_the_peak_that_is_answered_well() -> None:
    found = overloaded([200, 503] * 20 + [200] * 20)
    assert found.goodput() == pytest.approx(np.ones(4))
    assert found.recovery() == 0
    assert kept_all(found)


def test_a_refusal_or_a_slow_answer_afterwards_delays_the_recovery() -> None:
    found = overloaded([200] * 40 + [503] * 15 + [200] * 5)
    assert found.recovery() == pytest.approx(1.4)
    assert not kept_all(found)
    assert overloaded([200] * 60, latency=0.2).recovery() == pytest.approx(1.9)


def test_a_lost_request_growing_memory_and_an_end_are_no_success() -> None:
    good = [200] * 60
    assert kept_all(overloaded(good))
    assert not kept_all(overloaded([0, *good]))
    assert not kept_all(replace(overloaded(good), survived=False))
    assert not kept_all(replace(overloaded(good), resident=[100, 200, 300, 900]))
    assert len(judged(overloaded(good))) == 5


def test_questions_repeat_themselves_and_are_the_same_in_rows_and_in_columns() -> None:
    first, second = questions(2, 5), questions(2, 5)
    assert first == second
    question = first[0]
    assert {name: values[3] for name, values in question.all_columns().items()} == question.rows[3]


def test_tensors_say_the_same_as_json_and_as_bytes() -> None:
    features = [CategoricalFeature(name=name, kind="categorical", scope="candidate") for name in ALL_SIZES]
    model = ModelConfig(features=features, tasks=[BinaryTask(name="click", kind="binary", label="click")])
    reader = InferReader(model, 100)
    values = tensors(questions(1, 4)[0], context_once=False)
    binary, headers = as_binary(values)
    read = [
        reader.read(as_json(values), None),
        reader.read(binary, headers["Inference-Header-Content-Length"]),
    ]
    texts = [[[column.values[code] for code in column.codes] for column in each.rows.columns.values()] for each in read]
    assert texts[0] == texts[1] == [[str(value) for value in column] for column in values.values()]


def test_a_quick_run_is_quick_in_everything() -> None:
    assert QUICK.with_rounds(2).rounds == 2
    assert QUICK.with_rounds(None) is QUICK
