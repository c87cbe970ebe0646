"""`threefold train`: a configuration in, a new checkpoint out."""

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

if TYPE_CHECKING:
    from models.manifest import Manifest
    from training.pipeline import Run


def train_command(
    config_file: Annotated[Path, typer.Argument(metavar="CONFIG", help="The TOML file.")],
    output: Annotated[
        str, typer.Option(help="Folder of versions, a path or a URL; the new one appears in it.")
    ] = "runs",
    data: Annotated[str | None, typer.Option(help="Take the log from here instead of `data.path`.")] = None,
    seed: Annotated[int | None, typer.Option(help="Use this seed instead of `training.seed`.")] = None,
    tensorboard: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Write the run's losses, telemetry and alarms for TensorBoard.")
    ] = None,
    parent: Annotated[
        str | None, typer.Option("--from", metavar="VERSION", help="Train this version on, or the newest in a folder.")
    ] = None,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Start over, even where a killed training could go on.")
    ] = False,
) -> None:
    """Train, calibrate, evaluate, and write one checkpoint with its report. Prints the checkpoint's path.

    The same command goes on where it was interrupted. Started by torchrun, it is one of several processes that train
    together (docs/distributed.md); the first of them speaks and writes for all.
    """
    from models.manifest import read_manifest
    from models.storage.versions import VersionsFolder
    from training.config import load_config
    from training.distributed.world import launched
    from training.inference.making_ready import ready_to_serve
    from training.pipeline import prepare, run_prepared, save
    from training.reporting import run_files
    from training.resume.opening import kept_states
    from training.tensorboard import TensorBoard
    from training.tracking.telling import check_tracking

    world = launched()
    speaks = world is None or world.is_first
    console = Console(stderr=True, quiet=not speaks)
    config = load_config(config_file).with_overrides(data=data, seed=seed)
    check_tracking(config.tracking)
    config_text = config_file.read_text(encoding="utf-8")
    versions = VersionsFolder.at(output)
    versions.check()  # before hours of training, not after
    with ExitStack() as stack:
        observers = [stack.enter_context(TensorBoard(tensorboard, config.name))] if tensorboard and speaks else []
        if world is None:
            prepared = prepare(config, console, parent)
            keeping = stack.enter_context(kept_states(prepared, console, fresh=fresh))
            finished, forget = run_prepared(prepared, console, observers, keeping), keeping.remove
        else:
            from training.distributed.command import trained_among

            together = trained_among(world, config, console, observers, parent=parent, fresh=fresh)
            found, forget = stack.enter_context(together)
            if found is None:
                return
            finished = found
        ready = ready_to_serve(finished.prepared, finished.trained.predictor, console)
        version = save(finished, versions.local, run_files(finished, config_text, ready.precisions), ready)
        manifest, place = read_manifest(version), versions.published(version)
        forget()
    _tell(console, finished, manifest, place)


def _tell(console: Console, finished: "Run", manifest: "Manifest", place: str) -> None:
    """Whoever is to know of the new version."""
    from models.storage.location import within
    from training.reporting import REPORT
    from training.terminal import print_run
    from training.tracking.telling import tell_version

    tell_version(finished.prepared.config.tracking, manifest, place, console)
    print_run(console, finished)
    console.print(f"checkpoint {place}\nreport     {within(place, REPORT)}", highlight=False, soft_wrap=True)
    typer.echo(place)
