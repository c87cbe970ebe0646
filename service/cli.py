"""The `threefold serve` command."""

from typing import Annotated

import typer
from pydantic import ValidationError

from models.errors import ConfigError


def register(app: typer.Typer) -> None:
    """Add the service's commands."""
    app.command("serve")(serve)
    app.command("admin-key")(admin_key)


def serve(
    checkpoint: Annotated[
        str | None, typer.Option(help="Model version, or folder of versions (the newest); a path or a URL.")
    ] = None,
    registry: Annotated[str | None, typer.Option(help="In its place: a registry to follow, a path or a URL.")] = None,
    channel: Annotated[str | None, typer.Option(help="Of the registry; production unless set.")] = None,
    poll_s: Annotated[float | None, typer.Option(help="Seconds between two looks at the registry.")] = None,
    admin_key_sha256: Annotated[str | None, typer.Option(help="SHA-256 of the key of POST /admin/reload.")] = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on; 127.0.0.1 unless set.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on; 0 takes a free one; 8000 unless set.")] = None,
    workers: Annotated[int | None, typer.Option(help="Processes that serve.")] = None,
    max_rows: Annotated[int | None, typer.Option(help="Rows of one request.")] = None,
    max_body_bytes: Annotated[int | None, typer.Option(help="Bytes of one body.")] = None,
    body_timeout_s: Annotated[float | None, typer.Option(help="Seconds for a whole body to arrive.")] = None,
    head_timeout_s: Annotated[float | None, typer.Option(help="Seconds for the headers of a request.")] = None,
    max_connections: Annotated[int | None, typer.Option(help="Connections held at once.")] = None,
    max_open_bodies: Annotated[int | None, typer.Option(help="Requests held at once, body to answer.")] = None,
    max_queued_rows: Annotated[int | None, typer.Option(help="Rows waiting or being predicted at once.")] = None,
    max_batch_rows: Annotated[int | None, typer.Option(help="Rows predicted at once.")] = None,
    max_delay_ms: Annotated[float | None, typer.Option(help="Wait of small requests for others on their way.")] = None,
    num_threads: Annotated[int | None, typer.Option(help="Threads of one prediction.")] = None,
    precision: Annotated[str | None, typer.Option(help="float32, int8, bfloat16 or auto.")] = None,
    engine: Annotated[str | None, typer.Option(help="auto, torch or onnxruntime.")] = None,
    log_level: Annotated[str | None, typer.Option(help="debug, info, warning or error.")] = None,
    log_format: Annotated[str | None, typer.Option(help="text or json.")] = None,
    shutdown_grace_s: Annotated[int | None, typer.Option(help="Seconds to finish after SIGTERM.")] = None,
) -> None:
    """Serve a model over HTTP. Every option is also an environment variable: THREEFOLD_PORT, for example."""
    given = {name: value for name, value in locals().items() if value is not None}
    from service.settings import ENV_PREFIX, Settings

    try:
        settings = Settings(**given)
    except ValidationError as error:
        raise _as_config_error(error, ENV_PREFIX) from None
    from service.native_threads import limit_native_threads

    limit_native_threads(settings.num_threads)
    from service.server import run

    run(settings)


def admin_key() -> None:
    """Make a key for POST /admin/reload: the first line is for who asks, the second, its SHA-256, for the service."""
    from service.swapping.keys import new_key

    for line in new_key():
        typer.echo(line)


def _as_config_error(error: ValidationError, prefix: str) -> ConfigError:
    first = error.errors()[0]
    rule = first["msg"].removeprefix("Value error, ")
    if not first["loc"]:
        return ConfigError(rule)
    name = str(first["loc"][0])
    return ConfigError(f"setting `{name}`: {rule}: set --{name.replace('_', '-')} or {prefix}{name.upper()}")
