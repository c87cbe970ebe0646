"""On what, how precisely and how the network computes: chosen by rule, told in one line, and harmless when it fails."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from models.batch import EncodedBatch
from models.errors import ConfigError
from models.network import Forward, Network
from tests.training.chains import TRUNKS, batch, chained
from tests.training.worlds import silent, small_config
from training.compute import Compute, chosen_device
from training.compute.compiled import FEWEST_STEPS, is_wanted
from training.compute.device import moved
from training.compute.precision import chosen_precision, has_bfloat16_units
from training.data.batches import TrainingBatch
from training.objective import task_losses
from training.pipeline import Prepared, fit, prepare
from training.telemetry.dead_units import DeadUnits

CPU = torch.device("cpu")
STEPS = 12


@pytest.fixture(scope="module")
def prepared(world: Path) -> Prepared:
    return prepare(small_config(world), silent())


def trained(prepared: Prepared, **training: Any) -> tuple[dict[str, Tensor], str]:
    """Weights after some steps, and how they were computed."""
    config = small_config(prepared.config.data.path, max_steps=STEPS, telemetry_every=4, **training)
    found = fit(Prepared(config, prepared.reader, prepared.log, prepared.truth), silent())
    return found.predictor.network.state_dict(), found.history.computed_by


def are_equal(one: dict[str, Tensor], other: dict[str, Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


class TestDevice:
    @pytest.mark.parametrize(("has_gpu", "expected"), [(True, "cuda"), (False, "cpu")])
    def test_auto_takes_a_gpu_where_there_is_one(
        self, has_gpu: bool, expected: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(torch.cuda, "is_available", lambda: has_gpu)
        assert chosen_device("auto").type == expected
        assert chosen_device("cpu") == CPU

    def test_a_gpu_that_is_not_there_is_refused(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
        with pytest.raises(ConfigError, match=r"needs a GPU .* finds none here: install .* or write \"auto\""):
            chosen_device("cuda")

    def test_a_batch_that_is_there_is_not_copied(self) -> None:
        rows = TrainingBatch(EncodedBatch(torch.ones(2, 1, dtype=torch.int64), {}, torch.ones(2, 0)), {})
        assert moved(rows, CPU) is rows


class TestPrecision:
    @pytest.mark.parametrize(("capabilities", "expected"), [({"amx_bf16": True}, True), ({"avx512_bf16": True}, False)])
    def test_a_processor_has_units_for_bfloat16_where_it_multiplies_matrices_in_it(
        self, capabilities: dict[str, bool], expected: bool, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: capabilities)
        assert has_bfloat16_units(CPU) == expected
        assert (chosen_precision("auto", CPU) == torch.bfloat16) == expected

    def test_what_is_configured_goes_before_what_the_device_has(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"amx_bf16": True})
        assert chosen_precision("float32", CPU) == torch.float32
        monkeypatch.setattr(torch.cpu, "get_capabilities", dict)
        assert chosen_precision("bfloat16", CPU) == torch.bfloat16

    @pytest.mark.parametrize("trunk", TRUNKS)
    def test_products_are_of_16_bits_and_everything_else_of_32(self, trunk: str) -> None:
        network, rows = chained(trunk=trunk).train(), batch()
        network_32 = Compute(network, "float32").forward(rows.inputs, None, eagerly=True)
        found = Compute(network, "bfloat16").forward(rows.inputs, None, eagerly=True)
        assert found.common.dtype in (torch.bfloat16, torch.float32)  # the last layer may be a norm, which is of 32
        for name, output in found.outputs.items():
            assert output.dtype == torch.float32
            assert not torch.equal(output, network_32.outputs[name])
            torch.testing.assert_close(output, network_32.outputs[name], rtol=0.1, atol=0.1)
        torch.stack(list(task_losses(network, found.outputs, rows.labels).values())).sum().backward()
        assert {p.grad.dtype for p in network.parameters() if p.grad is not None} == {torch.float32}

    def test_a_whole_run_trains_in_bfloat16_and_stores_float32(self, prepared: Prepared) -> None:
        rough, told = trained(prepared, precision="bfloat16")
        exact, _ = trained(prepared, precision="float32")
        assert told.startswith("cpu, products in bfloat16 (as configured)")
        assert {tensor.dtype for tensor in rough.values() if tensor.is_floating_point()} == {torch.float32}
        assert not are_equal(rough, exact)
        again, _ = trained(prepared, precision="bfloat16")
        assert are_equal(rough, again)


class TestCompile:
    @pytest.mark.parametrize(
        ("setting", "has_units", "num_steps", "expected"),
        [
            (True, False, 1, True),
            (False, True, FEWEST_STEPS, False),
            ("auto", True, FEWEST_STEPS, True),
            ("auto", True, FEWEST_STEPS - 1, False),
            ("auto", False, FEWEST_STEPS, False),
        ],
    )
    def test_auto_compiles_where_it_is_worth_it(
        self, setting: bool | str, has_units: bool, num_steps: int, expected: bool
    ) -> None:
        assert is_wanted(setting, has_units, num_steps)[0] == expected

    def test_a_compiler_that_fails_costs_one_line_and_changes_no_bit(
        self, prepared: Prepared, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def failing(*given: object, **settings: object) -> Callable[..., Forward]:
            def fail(x: Tensor) -> Forward:
                raise RuntimeError("no C++ compiler found\nand many more lines")

            return fail

        without, _ = trained(prepared, compile=False)
        monkeypatch.setattr(torch, "compile", failing)
        found, told = trained(prepared, compile=True)
        assert told.endswith("not compiled, since that failed: no C++ compiler found")
        assert are_equal(found, without)

    def test_the_trial_changes_nothing_and_watched_and_odd_batches_run_as_they_are_written(
        self, prepared: Prepared, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        calls: list[int] = []

        def counting(function: Callable[[Tensor], Forward], **settings: object) -> Callable[[Tensor], Forward]:
            def run(x: Tensor) -> Forward:
                calls.append(len(x))
                return function(x)

            return run

        without, _ = trained(prepared, compile=False)
        monkeypatch.setattr(torch, "compile", counting)
        found, told = trained(prepared, compile=True)
        assert "compiled in" in told
        assert are_equal(found, without)
        assert calls == [512] * (1 + STEPS - STEPS // 4)

    @pytest.mark.slow
    @pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore:The .grad attribute:UserWarning")
    def test_a_compiled_run_learns_the_same(self, prepared: Prepared) -> None:
        torch.compiler.reset()
        exact, _ = trained(prepared, compile=False)
        found, told = trained(prepared, compile=True)
        assert "compiled in" in told
        for name, tensor in exact.items():
            torch.testing.assert_close(found[name], tensor, rtol=1e-2, atol=1e-3)
        torch.compiler.reset()


def test_watched_units_are_all_units(prepared: Prepared) -> None:
    """A unit is dead in what one product of all experts makes as it is in what each of them makes."""
    config = small_config(prepared.config.data.path)
    network = Network(config.model_part(), prepared.data.encoder, prepared.data.statistics).train()
    with torch.no_grad():
        for parameter in network.shared.parameters():
            parameter.zero_()
    units = DeadUnits(network.subnets())
    rows = next(iter(prepared.stream().epoch(0)))
    with units.watching():
        Compute(network, "auto").forward(rows.inputs, None, eagerly=True)
    assert units.shares()["shared"] == 1.0
