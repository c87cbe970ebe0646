"""A whole run: log in, checkpoint out. Each stage hands the next a typed result."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path

import torch
from rich.console import Console

from models.checkpoint import save_checkpoint
from models.heads import BinaryStatistics
from models.manifest import Manifest
from models.network import Network
from models.predictor import Predictor
from training.config import Config
from training.data.batches import BatchStream, sampled
from training.data.reader import LogReader, open_log
from training.data.timestamps import clock
from training.data.windows import Windows, find_windows
from training.evaluation.calibrate import fit_calibrations
from training.evaluation.captured import truth_columns
from training.evaluation.edges import EdgeUse, edge_uses
from training.evaluation.evaluate import Evaluation, check_extra, evaluate
from training.evaluation.scored import Scored
from training.fitting.fit import FittedData, fit_data
from training.history import FoundRates, History
from training.observers import Observer, Observers
from training.progress import Progress, counted
from training.rates.auto import with_found_rates
from training.trainer import Trainer

MAX_DAYS_LISTED = 14


@dataclass(frozen=True)
class Prepared:
    """A log that is ready to train on."""

    config: Config
    reader: LogReader
    windows: Windows
    data: FittedData
    truth: Mapping[str, str]
    found_rates: FoundRates = field(default_factory=FoundRates)

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
    """A trained and calibrated model, what the run saw of itself, and what each reader makes of what it reads."""

    predictor: Predictor
    history: History
    edges: list[EdgeUse]


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


def prepare(config: Config, console: Console) -> Prepared:
    """Open the log, cut it by time, and fit encoder and label statistics on the training window.

    Whatever could stop the evaluation is looked for here: after hours of training it would cost the model.
    """
    model = config.model_part()
    source = open_log(config.data, model)
    reader = LogReader(source, model, clock=clock(source, config.data))
    labels = {task.label for task in config.tasks}
    truth = {label: column for label, column in truth_columns(config.data.path).items() if label in labels}
    check_extra(source, [*config.evaluation.slice_by, *filter(None, [config.evaluation.group_by]), *truth.values()])
    windows = find_windows(source, config.data)
    for window in (windows.train, windows.validation, windows.test):
        _say(console, f"{window.name:<10} {window.num_rows:>12,} rows   {window.described}")
    if windows.days_without_rows:
        _say(console, f"note: the log has no rows on {_listed(windows.days_without_rows)}")
    train = reader.chunks(windows.train, with_times=bool(model.past_rates))
    chunks = counted(train, console, "fitting the encoder", windows.train.num_rows)
    data = fit_data(model, ((c.features, c.labels, c.num_rows, c.times) for c in chunks), config.training.seed)
    _say(console, f"encoder fitted: {data.encoder.num_rows:,} embedding rows for {len(model.features)} features")
    for _ in counted(reader.chunks(windows.test), console, "checking the test window", windows.test.num_rows):
        pass  # a chunk is checked as it is read
    return Prepared(config, reader, windows, data, truth)


def _listed(days: Sequence[date]) -> str:
    shown = ", ".join(map(str, days[:MAX_DAYS_LISTED]))
    more = len(days) - MAX_DAYS_LISTED
    return shown if more <= 0 else f"{shown} and {more:,} more days"


def fit(prepared: Prepared, console: Console, observers: Sequence[Observer] = ()) -> Trained:
    """Train the network and fit its calibration on the validation window; more observers are told of the steps."""
    prepared = with_found_rates(prepared, console)
    settings, encoder = prepared.config.training, prepared.data.encoder
    if settings.num_threads is not None:
        torch.set_num_threads(settings.num_threads)
    torch.manual_seed(settings.seed)
    model = prepared.config.model_part()
    network = Network(model, encoder, prepared.data.statistics)
    stream = BatchStream(
        prepared.reader,
        encoder,
        prepared.windows.train,
        batch_size=settings.batch_size,
        shuffle_rows=prepared.config.data.shuffle_rows,
        seed=settings.seed,
        histories=prepared.data.histories,
        sampling=prepared.config.data.sampling,
    )
    validation = sampled(prepared.reader, encoder, prepared.windows.validation, settings.validation_rows)
    with Progress(console, total_steps(prepared)) as progress:
        told = Observers([progress, *observers])
        trainer = Trainer(settings, network, stream, validation, prepared.rows_per_epoch, told)
        for subnet, kind in trainer.optimizers.configs.items():
            found = ", found automatically" if subnet in prepared.found_rates.by_subnet else ""
            _say(console, f"optimizer  {subnet:<20} {kind.kind} at {kind.rate:g}, {kind.schedule.kind}{found}")
        _say_lessons(console, trainer.teacher.last_step, total_steps(prepared))
        history = trainer.train()
    history.found_rates = prepared.found_rates
    _say(console, f"stopped: {history.stopped_because}; {history.num_rows / history.seconds:,.0f} rows/s")
    predictor = Predictor(model, encoder, network, fit_calibrations(network, encoder, validation))
    return Trained(predictor, history, edge_uses(network, validation))


def _say_lessons(console: Console, last_step: int, steps: int) -> None:
    """A reader that is taught to the end never learns from what it gets when it serves."""
    if last_step and last_step >= steps:
        _say(
            console,
            f"note: teacher forcing goes on until step {last_step:,}, and this run takes {steps:,} steps at the most: "
            f"its readers hardly learn from estimates. Set teacher_forcing_steps to fewer",
        )


def total_steps(prepared: Prepared) -> int:
    """Steps that the run takes at the most."""
    return prepared.config.training.num_steps(prepared.rows_per_epoch)


def run(config: Config, console: Console, observers: Sequence[Observer] = ()) -> Run:
    """Prepare, fit, and evaluate on the test window."""
    prepared = with_found_rates(prepare(config, console), console)
    trained = fit(prepared, console, observers)
    evaluation, scored = evaluate(
        trained.predictor,
        prepared.data.statistics,
        prepared.reader,
        prepared.windows.test,
        config.evaluation,
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


def save(finished: Run, folder: Path, attachments: dict[str, str]) -> Path:
    """Write the run as a new version below the folder; it appears whole or not at all."""
    prepared, history = finished.prepared, finished.trained.history
    windows = prepared.windows
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
            "steps": history.num_steps,
            "stopped_because": history.stopped_because,
            "config": prepared.config.model_dump(mode="json"),
            "rates_found_automatically": history.found_rates.by_subnet,
        },
        attachments=attachments,
    )


def _say(console: Console, line: str) -> None:
    console.print(line, highlight=False, markup=False, soft_wrap=True)
