"""`threefold models`: what a registry holds, and every change of it by hand. Both sides and both images have it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from models.registry.event import Event
from models.registry.names import PRODUCTION
from models.registry.registry import Registry
from models.registry.telling import described, event_line, overview, overview_lines, show_lines, told
from models.registry.who import who_asks

Place = Annotated[
    str, typer.Option("--registry", envvar="THREEFOLD_REGISTRY", help="Folder or object-store URL of the versions.")
]
Channel = Annotated[str, typer.Option(help="Which channel.")]
Who = Annotated[str | None, typer.Option(help="Who asks for it; user@host unless given.")]
Why = Annotated[str, typer.Option(help="The reason, for the history.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Version = Annotated[str, typer.Argument(metavar="VERSION")]


def register(app: typer.Typer) -> None:
    """Add the group of commands."""
    group = typer.Typer(no_args_is_help=True, help="The registry: versions, channels that point at them, history.")
    commands: list[tuple[str, Callable[..., None]]] = [
        ("list", list_command),
        ("show", show_command),
        ("publish", publish_command),
        ("promote", promote_command),
        ("rollback", rollback_command),
        ("pin", pin_command),
        ("unpin", unpin_command),
        ("prune", prune_command),
        ("history", history_command),
    ]
    for name, command in commands:
        group.command(name)(command)
    app.add_typer(group, name="models")


def list_command(registry: Place, as_json: Json = False) -> None:
    """Versions, and what points at them."""
    found = overview(Registry(registry))
    _say(found, overview_lines(found), as_json)


def show_command(version: Version, registry: Place, as_json: Json = False) -> None:
    """One version: its metrics, what points at it and what happened to it."""
    found = described(Registry(registry), version)
    _say(found, show_lines(found), as_json)


def history_command(
    registry: Place, limit: Annotated[int, typer.Option(min=1, help="Newest events.")] = 20, as_json: Json = False
) -> None:
    """Who changed what, when and why; newest first."""
    events = Registry(registry).history(limit)
    _say([told(event) for event in events], map(event_line, events), as_json)


def publish_command(
    version: Annotated[Path, typer.Argument(metavar="DIR", help="A version, or a folder of versions (the newest).")],
    registry: Place,
    who: Who = None,
    why: Why = "",
) -> None:
    """Copy a local version into the registry; nothing points at it yet."""
    from models.checkpoint import find_version

    typer.echo(Registry(registry).publish(find_version(version), who or who_asks(), why))


def promote_command(
    version: Version,
    registry: Place,
    channel: Channel = PRODUCTION,
    expected: Annotated[str | None, typer.Option(help="Only if the channel points at this version now.")] = None,
    who: Who = None,
    why: Why = "",
) -> None:
    """Point a channel at a version, once all its files are verified."""
    from models.registry.changes import ANY

    event = Registry(registry).promote(version, channel, who=who or who_asks(), why=why, expected=expected or ANY)
    _say_event(event)


def rollback_command(
    registry: Place,
    channel: Channel = PRODUCTION,
    to: Annotated[str | None, typer.Option(help="Further back, to this version.")] = None,
    who: Who = None,
    why: Why = "",
) -> None:
    """Point a channel at the version before; again, and it goes further back."""
    _say_event(Registry(registry).rollback(channel, who=who or who_asks(), why=why, to=to))


def pin_command(version: Version, registry: Place, who: Who = None, why: Why = "") -> None:
    """Keep a version until it is unpinned."""
    event = Registry(registry).pin(version, who=who or who_asks(), why=why)
    typer.echo(event_line(event) if event else f"{version} is pinned already")


def unpin_command(version: Version, registry: Place, who: Who = None, why: Why = "") -> None:
    """No longer keep a version."""
    _say_event(Registry(registry).unpin(version, who=who or who_asks(), why=why))


def prune_command(
    registry: Place,
    keep: Annotated[int, typer.Option(min=1, help="Newest versions that stay.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say which would go.")] = False,
    who: Who = None,
    why: Why = "",
) -> None:
    """Remove old versions, never what a channel points at, what it pointed at before, or a pinned one."""
    asked = Registry(registry)
    for version in asked.prunable(keep) if dry_run else asked.prune(keep, who or who_asks(), why):
        typer.echo(version)


def _say_event(event: Event) -> None:
    typer.echo(event_line(event))


def _say(found: Any, lines: Any, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(found, indent=2, ensure_ascii=False))
        return
    for line in lines:
        typer.echo(line)
