"""Asks Optuna which values to try next, and whether a trial should go on.

Watanabe, "Tree-Structured Parzen Estimator: Understanding Its Algorithm Components and Their Roles for Better
Empirical Performance", 2023, https://arxiv.org/abs/2304.11127, describes the sampler. Akiba, Sano, Yanase, Ohta,
Koyama, "Optuna: A Next-generation Hyperparameter Optimization Framework", KDD 2019, https://doi.org/10.1145/3292500.3330701.

Optuna keeps nothing: its study is made anew of the finished trials for each proposal, with a seed of the trial's
number. So a proposal depends on the trials before it alone, and a search that was killed goes on as if it had not been.
"""

import json
from collections.abc import Sequence
from typing import Any

import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.trial import TrialState

from training.tuning.config import TuningConfig
from training.tuning.parameters import ChoiceParameter, FloatParameter, LogFloatParameter, Parameter, holds
from training.tuning.pruners import MedianConfig, PrunerConfig
from training.tuning.record import TrialRecord

_STATES = {"finished": TrialState.COMPLETE, "pruned": TrialState.PRUNED, "failed": TrialState.FAIL}
_MOST_DRAWS = 20
"""Values that were tried before are drawn again so many times; a small space may hold no others."""


def proposed(tuning: TuningConfig, given: dict[str, Any], records: Sequence[TrialRecord]) -> dict[str, Any]:
    """Values for the next trial, by path; others than those tried before where such are found.

    Args:
        tuning: space and seed.
        given: what the given configuration has at the paths of the space.
        records: the trials so far.
    """
    tried = [record.values for record in records]
    for draw in range(_MOST_DRAWS):
        seed = (tuning.seed * 1_000_003 + len(records) * 1_009 + draw) % 2**32
        values = _drawn(study_of(tuning, given, records, seed), tuning)
        if values not in tried:
            break
    return values


def new_trial(tuning: TuningConfig, given: dict[str, Any], records: Sequence[TrialRecord]) -> optuna.Trial:
    """A trial that is told validations and knows whether to go on."""
    return study_of(tuning, given, records, tuning.seed).ask()


def study_of(
    tuning: TuningConfig, given: dict[str, Any], records: Sequence[TrialRecord], seed: int
) -> optuna.study.Study:
    """The trials so far as Optuna sees them."""
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(
        sampler=optuna.samplers.TPESampler(seed=seed, n_startup_trials=tuning.random_trials),
        pruner=_pruner(tuning.pruner),
    )
    for record in records:
        values = record.values if record.number else given
        known = {path: value for path, value in values.items() if holds(tuning.space[path], value)}
        study.add_trial(
            optuna.trial.create_trial(
                state=_STATES[record.state],
                value=record.score if record.state == "finished" else None,
                params={path: _to_optuna(tuning.space[path], value) for path, value in known.items()},
                distributions={path: _distribution(tuning.space[path]) for path in known},
                intermediate_values=dict(enumerate(record.validations)),
            )
        )
    return study


def _drawn(study: optuna.study.Study, tuning: TuningConfig) -> dict[str, Any]:
    found = study.ask({path: _distribution(parameter) for path, parameter in tuning.space.items()}).params
    return {path: _from_optuna(parameter, found[path]) for path, parameter in tuning.space.items()}


def _pruner(config: PrunerConfig) -> optuna.pruners.BasePruner:
    if isinstance(config, MedianConfig):
        return optuna.pruners.MedianPruner(config.after_trials, config.after_validations)
    return optuna.pruners.NopPruner()


def _distribution(parameter: Parameter) -> BaseDistribution:
    if isinstance(parameter, ChoiceParameter):
        return CategoricalDistribution([json.dumps(value) for value in parameter.values])
    if isinstance(parameter, FloatParameter | LogFloatParameter):
        return FloatDistribution(parameter.low, parameter.high, log=isinstance(parameter, LogFloatParameter))
    return IntDistribution(parameter.low, parameter.high)


def _to_optuna(parameter: Parameter, value: Any) -> Any:
    return json.dumps(value) if isinstance(parameter, ChoiceParameter) else value


def _from_optuna(parameter: Parameter, value: Any) -> Any:
    return json.loads(value) if isinstance(parameter, ChoiceParameter) else value
