"""Experts, gates and mixtures as one matrix product each, beside a product for each of them; bfloat16; compiled.

    python -m benchmarks.trunk_products

Forward and backward pass of the trunk on one thread, milliseconds of its processor time; all forms take turns on the
same input, and the least of the turns is told.
"""

import time
from collections.abc import Callable
from itertools import product

import torch
from torch import Tensor

from models.mlp import MlpConfig
from models.trunks import MMoE, MMoEConfig

WIDTH, NUM_EXPERTS, NUM_TASKS, TURNS, WARM_UP = 480, 4, 2, 13, 2
BATCHES, EXPERTS = (1_024, 4_096, 8_192), ((64,), (64, 32), (256,), (256, 128))
Form = Callable[[Tensor], list[Tensor]]


def apart(trunk: MMoE, x: Tensor) -> list[Tensor]:
    experts = torch.stack([expert(x) for expert in trunk.experts], dim=1)
    weights = [torch.softmax(gate(x), dim=1).unsqueeze(1) for gate in trunk.gates]
    return [torch.bmm(each, experts).squeeze(1) for each in weights]


def together(trunk: MMoE, x: Tensor) -> list[Tensor]:
    return trunk.split(trunk.common(x), x)


def in_bfloat16(form: Form) -> Form:
    def run(x: Tensor) -> list[Tensor]:
        with torch.autocast("cpu", torch.bfloat16):
            return form(x)

    return run


def forms(trunk: MMoE) -> dict[str, Form]:
    compiled = torch.compile(lambda x: together(trunk, x), dynamic=False)
    return {
        "apart": lambda x: apart(trunk, x),
        "together": lambda x: together(trunk, x),
        "together, bfloat16": in_bfloat16(lambda x: together(trunk, x)),
        "together, compiled": compiled,
    }


def milliseconds(form: Form, trunk: MMoE, x: Tensor) -> float:
    trunk.zero_grad()
    x = x.detach().requires_grad_()
    started = time.thread_time()
    torch.stack([each.float().sum() for each in form(x)]).sum().backward()
    return 1e3 * (time.thread_time() - started)


def main() -> None:
    torch.set_num_threads(1)
    names = list(forms(MMoEConfig().build(WIDTH, NUM_TASKS)))
    print("| batch | experts | " + " | ".join(names) + " |")
    print("|---|---|" + "---|" * len(names))
    for batch, widths in product(BATCHES, EXPERTS):
        torch.compiler.reset()
        trunk = MMoEConfig(num_experts=NUM_EXPERTS, expert=MlpConfig(widths=widths)).build(WIDTH, NUM_TASKS)
        x = 0.3 * torch.randn(batch, WIDTH)
        taken = forms(trunk)
        found: dict[str, list[float]] = {name: [] for name in taken}
        for _ in range(TURNS + WARM_UP):
            for name, form in taken.items():
                found[name].append(milliseconds(form, trunk, x))
        least = [min(each[WARM_UP:]) for each in found.values()]
        print(f"| {batch:,} | {list(widths)} | " + " | ".join(f"{each:.1f}" for each in least) + " |", flush=True)


if __name__ == "__main__":
    main()
