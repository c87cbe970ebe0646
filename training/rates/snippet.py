"""Proposed rates as a part of a configuration, to be pasted."""

import json
from collections.abc import Iterator

from training.rates.sweep import Sweep, Sweeps
from training.rates.words import rate_text, verdict_words


def toml_snippet(sweeps: Sweeps) -> str:
    """A section `[training.optimizers.SUBNET]` for each swept subnet, with the reason beside its rate."""
    return "\n\n".join("\n".join(_group(sweep)) for sweep in sweeps.subnets) + "\n"


def _group(sweep: Sweep) -> Iterator[str]:
    name = json.dumps(sweep.subnet) if "." in sweep.subnet else sweep.subnet
    yield f"[training.optimizers.{name}]"
    yield f"kind = {_value(sweep.group.kind)}"
    was = "" if sweep.proposal.rate == sweep.first_rate else f", was {rate_text(sweep.first_rate)}"
    yield f"learning_rate = {rate_text(sweep.proposal.rate)}  # {verdict_words(sweep)}{was}"
    others = sweep.group.model_dump(mode="json", exclude={"kind", "learning_rate"}, exclude_defaults=True)
    for key, value in others.items():
        yield f"{key} = {_value(value)}"


def _value(value: object) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {_value(held)}" for key, held in value.items()) + " }"
    return json.dumps(value)  # text, numbers, truth values and lists of them are the same in TOML
