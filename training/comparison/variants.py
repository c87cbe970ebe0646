"""What the configured model is compared with. Every variant is a whole configuration; none is a switch in the loop."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase

from models.heads import Task
from models.past import PastRatesConfig
from training.config import Config
from training.optimizers import OptimizerConfig
from training.optimizers.groups import claimed
from training.weightings import FixedConfig

WEIGHTING = "weighting"


@dataclass(frozen=True)
class Variant:
    """One model, or one a task, and how it came about.

    Attributes:
        name: as it is written in files.
        title: as people read it.
        what: the difference to the configured model, in a sentence.
        parts: the nets that it takes; each answers the tasks of its configuration.
        skipped_because: why it was not trained; it has no parts then.
    """

    name: str
    title: str
    what: str
    parts: tuple[Config, ...] = ()
    skipped_because: str | None = None


CONFIGURED = Variant("configured", "Configured", "The model as the file describes it.")
SINGLE_TASK = Variant(
    "single_task",
    "Single tasks",
    "Each task alone in a net of its own: same features, trunk and settings; nothing is shared or read, and each net "
    "stops at its own best validation.",
)
EQUAL_WEIGHTS = Variant(
    "equal_weights", "Equal weights", "All losses, in units of the base rate's, are added up with factor 1."
)
TUNED_STATIC = Variant(
    "tuned_static",
    "Tuned static weights",
    "A constant factor a task, the best of a search by the validation score with the first seed.",
)
UNCHAINED = Variant("unchained", "Unchained", "No task reads another's estimate.")
ONE_GLOBAL_RATE = Variant(
    "one_global_rate",
    "One global rate",
    "One learning rate for all subnets, embeddings and loss weights too, the best of a grid by the validation score "
    "with the first seed; kinds of optimizers and frozen subnets as configured.",
)


def single_task(config: Config, task: Task) -> Config:
    """One task in its own net. Where its label counts stays as it is: that is decided where the log is read.

    A task that learns over the entire space needs another's output; alone it learns where its label counts.
    """
    changed: dict[str, object] = {"reads": (), "observed_when": None}
    if task.needs:
        changed["entire_space"] = None
    alone = task.model_copy(update=changed)
    return with_weights(_rebuilt(config, tasks=(alone,), optimizers=_kept(config, {task.name}, learned=True)), {})


def with_weights(config: Config, weights: Mapping[str, float]) -> Config:
    """The losses added up with fixed factors; 1 where none is given."""
    names = [task.name for task in config.tasks]
    weighting = FixedConfig(kind="fixed", weights={name: weights.get(name, 1.0) for name in names})
    return _rebuilt(config, weighting=weighting, optimizers=_kept(config, names, learned=False))


def unchained(config: Config) -> Config:
    """No task reads another."""
    return _rebuilt(config, tasks=tuple(task.model_copy(update={"reads": ()}) for task in config.tasks))


def with_rate(config: Config, rate: float, subnets: Collection[str]) -> Config:
    """One rate for all subnets; a subnet that is frozen stays so.

    Args:
        config: as configured.
        rate: for all.
        subnets: those that have something to train.
    """
    found = {name: claimed(name, config.training.optimizers) for name in subnets}
    optimizers = {
        name: each if each.learning_rate == 0 else each.model_copy(update={"learning_rate": rate})
        for name, each in found.items()
    }
    return _rebuilt(config, optimizers=optimizers)


def with_seed(config: Config, seed: int) -> Config:
    """Other initial weights, order of rows and dropout."""
    return _rebuilt(config, seed=seed)


def untuned(config: Config) -> Iterator[Variant]:
    """Baselines that need no search."""
    if len(config.tasks) == 1:
        yield _skipped(SINGLE_TASK, "the configured model has a single task")
        yield _skipped(EQUAL_WEIGHTS, "a single task has nothing to be weighed against")
    else:
        yield _made(SINGLE_TASK, *(single_task(config, task) for task in config.tasks))
        yield (
            _skipped(EQUAL_WEIGHTS, "the configured weights are all 1 and fixed already")
            if _equally_weighted(config)
            else _made(EQUAL_WEIGHTS, with_weights(config, {}))
        )
    if any(task.reads for task in config.tasks):
        yield _made(UNCHAINED, unchained(config))
    else:
        yield _skipped(UNCHAINED, "no task of the configured model reads another")


def _made(variant: Variant, *parts: Config) -> Variant:
    return Variant(variant.name, variant.title, variant.what, parts)


def _skipped(variant: Variant, because: str) -> Variant:
    return Variant(variant.name, variant.title, variant.what, skipped_because=because)


def _equally_weighted(config: Config) -> bool:
    weighting = config.training.weighting
    return isinstance(weighting, FixedConfig) and all(
        weighting.weights.get(task.name, 1.0) == 1.0 for task in config.tasks
    )


def _kept(config: Config, tasks: Collection[str], *, learned: bool) -> dict[str, OptimizerConfig]:
    """Optimizer groups without those that would claim nothing: an idle group is an error, and here it would be ours.

    Args:
        config: with its groups.
        tasks: that the variant has.
        learned: whether its weighting may have something to learn.
    """
    lost = {f"heads.{task.name}" for task in config.tasks if task.name not in tasks} | (
        set() if learned else {WEIGHTING}
    )
    held = {"embeddings", "inputs", "shared", *(f"heads.{name}" for name in tasks)} | (
        {WEIGHTING} if learned else set()
    )
    return {
        name: each
        for name, each in config.training.optimizers.items()
        if not any(fnmatchcase(subnet, name) for subnet in lost) or any(fnmatchcase(subnet, name) for subnet in held)
    }


def _rebuilt(config: Config, tasks: tuple[Task, ...] | None = None, **training: object) -> Config:
    """The configuration with other tasks or training settings, checked as if it had been read from a file."""
    changed = config.model_copy(
        update={
            "tasks": config.tasks if tasks is None else tasks,
            "past_rates": config.past_rates if tasks is None else _of_any_task(config),
            # A utility may be over tasks that are gone.
            "ranking": config.ranking if tasks is None or len(tasks) == len(config.tasks) else None,
            "training": config.training.model_copy(update=training),
        }
    )
    return Config.model_validate(changed.model_dump(exclude_none=True))


def _of_any_task(config: Config) -> tuple[PastRatesConfig, ...]:
    """Past rates of whatever tasks: all variants read what the one encoder made, other tasks' pasts included."""
    return tuple(each.model_copy(update={"tasks": None}) for each in config.past_rates)
