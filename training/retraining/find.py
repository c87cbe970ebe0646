"""Stage `find`: what is new, and what a run would do with it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from training.retraining.champion import Champion, champion_of
from training.retraining.history import concluded
from training.retraining.identity import partition_mark, run_name
from training.retraining.leaving_out import refused_partitions
from training.retraining.listing import Partition, complete_partitions
from training.retraining.order import Order
from training.retraining.plan import Plan, Start
from training.retraining.refused import Refused
from training.retraining.window import PartitionWindows, cut


@dataclass(frozen=True)
class NothingNew:
    """Why there is nothing to do."""

    why: str


def find(order: Order) -> Plan | NothingNew:
    """The run that is to be made or gone on with; nothing is written.

    Raises:
        DataError: the log has no such partitions.
        RegistryError, CheckpointError: registry or champion cannot be read.
    """
    return _half_told(order) or _found(order)


def _half_told(order: Order) -> Plan | None:
    """A run that was killed after the registry knew its end and before its report was written."""
    open_runs = {run.name: run for run in order.work.runs() if run.outcome() is None}
    told = [name for name in (concluded(order.registry) if open_runs else {}) if name in open_runs]
    return open_runs[told[0]].plan() if told else None


def _found(order: Order) -> Plan | NothingNew:
    settings = order.settings
    partitions = complete_partitions(order.config.data.path, settings.partition, settings.complete)
    refused = refused_partitions(order, partitions)
    windows = cut(partitions, order.config.data.split, settings, {each.value for each in refused})
    if isinstance(windows, str):
        return _nothing_new(windows, refused)
    champion = champion_of(order.registry, settings.channel)
    new = _new(windows.partitions, champion, settings.partition)
    if windows.test[-1] not in new and champion is not None and not order.force:
        newest = f"{windows.test[-1].value}, the newest complete partition{' that is not left out' if refused else ''}"
        return _nothing_new(f"{champion.version} has seen {newest}", refused)
    name = _name(order, windows, champion)
    if isinstance(name, NothingNew):
        return name
    start, train, notes = _start(order, windows, champion)
    return Plan(
        run=name,
        column=settings.partition,
        train=_values(train),
        validation=_values(windows.validation),
        test=_values(windows.test),
        new=_values(new),
        marks={each.value: partition_mark(order, each) for each in new},
        refused=refused,
        champion=champion.version if champion else None,
        start=start,
        notes=(*(each.note for each in refused), *notes),
        began_at=datetime.now(UTC),
    )


def _nothing_new(why: str, refused: Sequence[Refused]) -> NothingNew:
    """Says which partitions would be newer."""
    return NothingNew("; ".join([why, *(each.note for each in refused)]))


def _new(partitions: Sequence[Partition], champion: Champion | None, column: str) -> list[Partition]:
    """Those that the champion has not seen, older ones than any that it has seen aside; all where it does not say."""
    seen = champion.seen(column) if champion else []
    values = {span.value for span in seen}
    return [each for each in partitions if not seen or (each.span > seen[0] and each.value not in values)]


def _name(order: Order, windows: PartitionWindows, champion: Champion | None) -> str | NothingNew:
    """The run's name; a forced one that is over already is followed by another with a number."""
    name = run_name(order, windows, champion.version if champion else None)
    attempt, tried = 1, name
    while (ended := _ended(order, tried)) is not None:
        if not order.force:
            return NothingNew(f"the same rows, settings and champion have been judged before: {ended}")
        attempt += 1
        tried = f"{name}-{attempt}"
    return tried


def _ended(order: Order, run: str) -> str | None:
    """What a run came to; from the registry where its folder is gone."""
    outcome = order.work.run(run).outcome()
    if outcome is not None:
        return outcome.why
    event = concluded(order.registry).get(run)
    return event.why if event else None


def _start(
    order: Order, windows: PartitionWindows, champion: Champion | None
) -> tuple[Start, Sequence[Partition], tuple[str, ...]]:
    """From where, on which partitions, and why not from the champion where that was asked for."""
    scratch: Start = "scratch"
    if order.settings.start == "scratch" or champion is None:
        return scratch, windows.train, ()
    known = champion.trained_on(order.settings.partition)
    train = [each for each in windows.train if known and each.span.start > known[-1].start]
    if not known:
        reason = f"{champion.version} does not say which partitions it was trained on"
    elif not train:
        reason = f"{champion.version} was trained on all partitions of the training window"
    else:
        cannot = champion.cannot_grow(order.config)
        if cannot is None:
            return "champion", train, ()
        reason = cannot
    return scratch, windows.train, (f"trained from scratch and not from the champion: {reason}",)


def _values(partitions: Sequence[Partition]) -> tuple[str, ...]:
    return tuple(each.value for each in partitions)
