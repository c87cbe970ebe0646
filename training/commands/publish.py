"""`threefold publish`: a local version in, the same version in an object store out."""

from pathlib import Path
from typing import Annotated

import typer


def publish_command(
    version: Annotated[Path, typer.Argument(metavar="DIR", help="A version, or a folder of versions (the newest).")],
    url: Annotated[str, typer.Argument(help="Folder of versions in an object store, such as s3://bucket/versions.")],
) -> None:
    """Copy a version to an object store; it appears whole or not at all. Prints its URL."""
    from models.checkpoint import find_version
    from models.storage.publish import published

    typer.echo(published(find_version(version), url))
