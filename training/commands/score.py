"""`threefold score`: a checkpoint and a log in, a file of predictions out."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console


def score_command(
    data: Annotated[str, typer.Argument(help="The log: a folder, a glob or a file; Parquet or CSV.")],
    checkpoint: Annotated[str, typer.Option(help="A version, or a folder of versions (the newest); a path or a URL.")],
    output: Annotated[Path, typer.Option(help="The Parquet file to write.")],
    keep: Annotated[list[str] | None, typer.Option(help="Column to copy beside the predictions; repeatable.")] = None,
) -> None:
    """Predict every row of a log; the same numbers as the service would answer."""
    from models.checkpoint import load_checkpoint
    from training.score import score

    console = Console(stderr=True)
    predictor, manifest = load_checkpoint(checkpoint)
    with console.status("scoring") as status:
        rows = score(predictor, data, output, keep or (), lambda done: status.update(f"scoring: {done:,} rows"))
    console.print(f"wrote {rows:,} predictions of {manifest.version} to {output}", highlight=False, soft_wrap=True)
