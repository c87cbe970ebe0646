"""`threefold tune`: a configuration with a space in, a better configuration out."""

from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

LIBRARIES = ("optuna", "tomli_w")


def tune_command(
    config_file: Annotated[Path, typer.Argument(metavar="CONFIG", help="The TOML file, with [tuning.space].")],
    trials: Annotated[
        int, typer.Option(min=1, help="Trials in all; a larger number goes on with the same search.")
    ] = 20,
    output: Annotated[
        Path | None, typer.Option(help="Folder of page, best.toml and finished trials; tuning/NAME if not given.")
    ] = None,
    data: Annotated[str | None, typer.Option(help="Take the log from here instead of `data.path`.")] = None,
    seed: Annotated[int | None, typer.Option(help="Use this seed instead of `training.seed`.")] = None,
) -> None:
    """Search for better settings by the validation window. Prints the path of the best configuration.

    The same command goes on where it was interrupted.
    """
    _check_installed()
    from models.atomic import check_writable
    from models.errors import TrainingError
    from training.config import read_settings, validated
    from training.tuning.files import BEST, PAGE, write_best, write_search
    from training.tuning.record import TrialRecord, winner
    from training.tuning.search import TRIALS, Search, alone
    from training.tuning.settings import with_overrides
    from training.tuning.terminal import tell_end, tell_trial

    console = Console(stderr=True)
    settings = read_settings(config_file)
    validated(settings, str(config_file))
    settings = with_overrides(settings, data=data, seed=seed)
    config = validated(settings, f"{config_file} with the given options")
    folder = output if output is not None else Path("tuning") / config.name
    check_writable(folder / TRIALS)
    with alone(folder):
        search = Search(settings, config, folder, console)

        def tell(record: TrialRecord) -> None:
            tell_trial(console, record, trials)
            write_best(folder, search.searched)

        searched = search.run(trials, tell)
        write_search(folder, searched)
    tell_end(console, searched.records)
    console.print(f"page {folder / PAGE}", highlight=False, soft_wrap=True)
    if winner(searched.records) is None:
        raise TrainingError(
            f"a search ends with a best trial; none of {len(searched.records)} was trained to its end: {PAGE} says "
            f"why. Correct the configuration or narrow [tuning.space], and name another --output"
        )
    typer.echo(folder / BEST)


def _check_installed() -> None:
    from models.errors import ConfigError

    missing = [name for name in LIBRARIES if find_spec(name) is None]
    if missing:
        raise ConfigError(
            f"`threefold tune` needs an optional extra; found no {' and no '.join(missing)}: "
            f"pip install 'threefold[tune]'"
        )
