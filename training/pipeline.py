"""A whole run: log in, checkpoint out. Each stage hands the next a typed result."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import torch
from rich.console import Console

from models.checkpoint import save_checkpoint
from models.heads import BinaryStatistics
from models.manifest import Manifest
from models.predictor import Predictor
from training.cache.log import EncodedLog, encoded_log
from training.compute import chosen_device
from training.config import Config
from training.data.batches import BatchStream, TrainingBatch, sampled
from training.data.reader import LogReader, open_log
from training.data.timestamps import clock
from training.data.windows import Windows, find_windows
from training.evaluation.calibrate import fit_calibrations
from training.evaluation.captured import truth_columns
from training.evaluation.edges import EdgeUse, edge_uses
from training.evaluation.evaluate import Evaluation, check_extra, evaluate
from training.evaluation.scored import Scored
from training.fitting.fit import FittedData
from training.growth.optimizer_state import OptimizerState, optimizer_state
from training.growth.parent import Parent, load_parent
from training.growth.start import first_network, give_optimizer_state, growth_told
from training.history import FoundRates, History
from training.inference.ready import NOT_READY, ReadyToServe
from training.observers import Observer, Observers
from training.profiling.window_reference import reference_writer
from training.progress import Progress
from training.rates.auto import with_found_rates
from training.resume.keeping import UNKEPT, Keeping
from training.say import say
from training.telling import tell_compute, tell_settings, tell_stopped, tell_windows
from training.trainer import Trainer


@dataclass(frozen=True)
class Prepared:
    """A log that is ready to train on."""

    config: Config
    reader: LogReader
    log: EncodedLog
    truth: Mapping[str, str]
    found_rates: FoundRates = field(default_factory=FoundRates)
    parent: Parent | None = None

    @property
    def windows(self) -> Windows:
        """How the log was cut."""
        return self.log.windows

    @property
    def data(self) -> FittedData:
        """What was fitted of the training window."""
        return self.log.data

    def stream(self, shard: tuple[int, int] = (0, 1)) -> BatchStream:
        """The training batches; with a shard (this process and their number) one process's part of each."""
        data, training = self.config.data, self.config.training
        return BatchStream(
            self.log.train,
            batch_size=training.batch_size,
            shuffle_rows=data.shuffle_rows,
            seed=training.seed,
            sampling=data.sampling,
            prefetch_batches=data.prefetch_batches,
            shard=shard,
        )

    def validation(self) -> TrainingBatch:
        """The sample of the validation window that the configuration asks for; read anew where that was changed."""
        asked = self.config.training.validation_rows
        if asked == self.log.validation_rows:
            return self.log.validation_batch()
        return sampled(self.reader, self.data.encoder, self.windows.validation, asked)

    @property
    def rows_per_epoch(self) -> int:
        """Rows that an epoch trains on; expected ones where negatives are left out."""
        num_rows, sampling = self.windows.train.num_rows, self.config.data.sampling
        if sampling is None:
            return num_rows
        statistics = self.data.statistics[sampling.task]
        assert isinstance(statistics, BinaryStatistics), f"task {sampling.task} is of kind {statistics.kind}"
        return sampling.expected_rows(num_rows, statistics)


@dataclass(frozen=True)
class Trained:
    """A trained and calibrated model, what the run saw of itself, and what each reader makes of what it reads.

    Attributes:
        optimizer_state: what the optimizers knew at the last step; None where later runs are not to go on with it.
    """

    predictor: Predictor
    history: History
    edges: list[EdgeUse]
    optimizer_state: OptimizerState | None = None


@dataclass(frozen=True)
class Run:
    """A finished run.

    Attributes:
        prepared: the log and what was fitted of it.
        trained: the model.
        evaluation: its numbers on the test window.
        scored: the test window's labels and predictions.
    """

    prepared: Prepared
    trained: Trained
    evaluation: Evaluation
    scored: Scored


@dataclass(frozen=True)
class Measured:
    """A stored model's numbers on the test window of a log."""

    windows: Windows
    evaluation: Evaluation
    scored: Scored


def prepare(config: Config, console: Console, parent: Path | str | None = None) -> Prepared:
    """Open the log, cut it by time, fit encoder and label statistics on the training window, and encode it.

    With a parent, a version or a folder of versions, its encoder grows by what is new in the window.

    What an earlier run fitted and encoded of the same files with the same settings is taken from the cache.

    Whatever could stop the evaluation is looked for here: after hours of training it would cost the model.
    """
    model = config.model_part()
    grows_from = None if parent is None else load_parent(parent, model)
    source = open_log(config.data, model)
    reader = LogReader(source, model, clock=clock(source, config.data))
    labels = {task.label for task in config.tasks}
    truth = {label: column for label, column in truth_columns(config.data.path).items() if label in labels}
    check_extra(source, [*config.evaluation.slice_by, *filter(None, [config.evaluation.group_by]), *truth.values()])
    log = encoded_log(config, reader, console, lambda windows: tell_windows(console, windows), grows_from)
    num_features = len(model.features)
    say(console, f"encoder fitted: {log.data.encoder.num_rows:,} embedding rows for {num_features} features")
    if grows_from is not None:
        say(console, growth_told(grows_from, log.data))
    return Prepared(config, reader, log, truth, parent=grows_from)


def fit(prepared: Prepared, console: Console, observers: Sequence[Observer] = (), keeping: Keeping = UNKEPT) -> Trained:
    """Train the network and fit its calibration on the validation window.

    Args:
        prepared: the log and its configuration.
        console: is told how it goes.
        observers: are told of the steps, too.
        keeping: keeps states of the training, and knows where a killed one was.
    """
    prepared = with_found_rates(prepared, console, keeping.rates)
    settings, encoder = prepared.config.training, prepared.data.encoder
    if settings.num_threads is not None:
        torch.set_num_threads(settings.num_threads)
    torch.manual_seed(settings.seed)
    model = prepared.config.model_part()
    network = first_network(model, prepared.data, prepared.parent).to(chosen_device(settings.device))
    stream, validation = prepared.stream(), prepared.validation()
    with Progress(console, total_steps(prepared)) as progress:
        told = Observers([progress, *observers])
        is_trained = prepared.parent is not None
        trainer = Trainer(settings, network, stream, validation, prepared.rows_per_epoch, told, is_trained)
        tell_settings(console, trainer, prepared)
        if prepared.parent is not None:
            say(console, give_optimizer_state(prepared.parent, prepared.data, network, trainer.optimizers))
        tell_compute(console, trainer, prepared, settings.batch_size)
        history = trainer.train(keeping)
    network.cpu()
    history.found_rates = prepared.found_rates
    tell_stopped(console, history)
    predictor = Predictor(model, encoder, network, fit_calibrations(network, encoder, validation))
    keeps_state = settings.growth is not None and settings.growth.keep_optimizer_state
    kept = optimizer_state(network, trainer.optimizers) if keeps_state else None
    return Trained(predictor, history, edge_uses(network, validation), kept)


def total_steps(prepared: Prepared) -> int:
    """Steps that the run takes at the most."""
    return prepared.config.training.num_steps(prepared.rows_per_epoch)


def run(config: Config, console: Console, observers: Sequence[Observer] = ()) -> Run:
    """Prepare, fit, and evaluate on the test window."""
    return run_prepared(prepare(config, console), console, observers)


def run_prepared(
    prepared: Prepared, console: Console, observers: Sequence[Observer] = (), keeping: Keeping = UNKEPT
) -> Run:
    """Fit, and evaluate on the test window."""
    prepared = with_found_rates(prepared, console, keeping.rates)
    return evaluated(prepared, fit(prepared, console, observers, keeping))


def evaluated(prepared: Prepared, trained: Trained) -> Run:
    """What a trained model is on the test window."""
    evaluation, scored = evaluate(
        trained.predictor,
        prepared.data.statistics,
        prepared.reader,
        prepared.windows.test,
        prepared.config.evaluation,
        prepared.truth,
    )
    return Run(prepared, trained, evaluation, scored)


def measure(config: Config, predictor: Predictor, manifest: Manifest) -> Measured:
    """Measure a stored model on the test window of a log."""
    source = open_log(config.data, predictor.config)
    windows = find_windows(source, config.data)
    reader = LogReader(source, predictor.config)
    truth = truth_columns(config.data.path)
    evaluation, scored = evaluate(predictor, manifest.statistics, reader, windows.test, config.evaluation, truth)
    return Measured(windows, evaluation, scored)


def save(finished: Run, folder: Path, attachments: dict[str, str], ready: ReadyToServe = NOT_READY) -> Path:
    """Write the run as a new version below the folder; it appears whole or not at all."""
    prepared, windows, scored = finished.prepared, finished.prepared.windows, finished.scored
    return save_checkpoint(
        folder,
        finished.trained.predictor,
        name=prepared.config.name,
        statistics=prepared.data.statistics,
        metrics=finished.evaluation.metrics(),
        training={
            "finished_at": datetime.now(UTC).isoformat(),
            "windows": {w.name: w.described for w in (windows.train, windows.validation, windows.test)},
            "rows": {w.name: w.num_rows for w in (windows.train, windows.validation, windows.test)},
            "steps": finished.trained.history.num_steps,
            "stopped_because": finished.trained.history.stopped_because,
            "config": prepared.config.model_dump(mode="json"),
            "rates_found_automatically": finished.trained.history.found_rates.by_subnet,
            "parent": None if prepared.parent is None else prepared.parent.version,
        },
        attachments=attachments,
        writers=[
            reference_writer(prepared.reader, prepared.config, windows, prepared.data, scored, prepared.parent),
            *(each.save for each in (prepared.data.inheritance, finished.trained.optimizer_state, ready) if each),
        ],
        precisions=ready.precisions,
    )
