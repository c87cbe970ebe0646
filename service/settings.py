"""What an operator sets: options of `threefold serve`, or the environment variables THREEFOLD_*."""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from models.errors import ConfigError
from models.inference.engines.names import EngineChoice, PrecisionChoice
from models.registry.names import checked_channel
from models.storage.location import place
from service.logs import LogFormat
from service.swapping.keys import digests

ENV_PREFIX = "THREEFOLD_"
LogLevel = Literal["debug", "info", "warning", "error"]


class Settings(BaseSettings):
    """Where the model lies, where to listen, and how much to accept. All limits are those of one process."""

    model_config = SettingsConfigDict(
        env_prefix=ENV_PREFIX, frozen=True, extra="forbid", use_attribute_docstrings=True, env_ignore_empty=True
    )

    checkpoint: Annotated[Path | str, BeforeValidator(place)] | None = None
    """A model version, or a folder of versions, of which the newest is served; a path, or the URL of a store."""
    registry: Annotated[Path | str, BeforeValidator(place)] | None = None
    """In place of `checkpoint`: a registry of versions, a path or a URL. What its channel points at is served, and
    followed while the service runs (docs/swapping.md)."""
    channel: str = "production"
    """Of the registry: the one that is followed."""
    poll_s: float = Field(default=2.0, gt=0)
    """Seconds between two looks at the registry."""
    admin_key_sha256: str = ""
    """SHA-256 of the key of `POST /admin/reload`, in hexadecimal, or several with commas between; without one the
    route is off. `threefold admin-key` makes a key."""
    host: str = "127.0.0.1"
    """Address to listen on; 0.0.0.0 in a container."""
    port: int = Field(default=8000, ge=0, le=65535)
    """Port to listen on; 0 takes a free one, which the startup line names."""
    workers: int = Field(default=1, ge=1)
    """Processes that serve; several share one copy of the weights. One a core is a good start."""
    max_rows: int = Field(default=2_000, ge=1)
    """Rows (candidates) of one request; more are refused with 413."""
    max_body_bytes: int = Field(default=8 * 1024 * 1024, ge=1)
    """Bytes of one request body; more are refused with 413 as soon as they are seen."""
    body_timeout_s: float = Field(default=10.0, gt=0)
    """Seconds a client may take to send a whole body; then 408."""
    head_timeout_s: float = Field(default=10.0, gt=0)
    """Seconds a client may take to send the headers of a request, the first ones from its connection on; then 408."""
    max_connections: int = Field(default=4_096, ge=1)
    """Connections held at once; further ones get 503 and are closed."""
    max_open_bodies: int = Field(default=256, ge=1)
    """Requests held at once, from the first byte of the body to the answer; further ones get 503."""
    max_queued_rows: int = Field(default=20_000, ge=1)
    """Rows waiting for the network or in it; a request that does not fit gets 503."""
    max_batch_rows: int = Field(default=512, ge=1)
    """Rows predicted at once; larger requests are predicted in slices, and others are answered in between."""
    max_delay_ms: float = Field(default=0.0, ge=0)
    """Milliseconds that a small request may wait for others that are being received; a lone one never waits."""
    num_threads: int = Field(default=1, ge=1)
    """Threads of torch inside one prediction. 1 is best for up to a few hundred rows: scale by processes."""
    precision: PrecisionChoice = "float32"
    """Of the large matrix products: `float32` is exact; a reduced one serves where it passed the check at export, and
    `auto` takes the fastest that did (docs/inference.md)."""
    engine: EngineChoice = "auto"
    """What runs the network: `torch`, `onnxruntime`, or with `auto` the faster one that can."""
    log_level: LogLevel = "info"
    """`debug` logs every request, `info` the refused ones, `warning` only what needs a person."""
    log_format: LogFormat = "text"
    """`text` is key=value for people, `json` an object a line for what collects logs."""
    shutdown_grace_s: int = Field(default=30, ge=1)
    """Seconds that accepted requests have to finish after SIGTERM."""

    @field_validator("channel")
    @classmethod
    def _named_well(cls, channel: str) -> str:
        return checked_channel(channel)

    @field_validator("admin_key_sha256")
    @classmethod
    def _digests(cls, listed: str) -> str:
        digests(listed)
        return listed

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if (self.checkpoint is None) == (self.registry is None):
            found = "neither" if self.registry is None else "both"
            raise ConfigError(
                f"a service has a checkpoint, or a registry to follow; found {found}: set one of --checkpoint or "
                f"{ENV_PREFIX}CHECKPOINT, and --registry or {ENV_PREFIX}REGISTRY"
            )
        return self

    @model_validator(mode="after")
    def _full_request_fits(self) -> Self:
        if self.max_queued_rows < self.max_rows:
            raise ConfigError(
                f"`max_queued_rows` holds at least one full request; found {self.max_queued_rows} below `max_rows` "
                f"{self.max_rows}, so the largest requests would never be served: raise it or lower `max_rows`"
            )
        return self
