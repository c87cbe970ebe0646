"""The section [tracking]: where runs are told of beside the version's own files."""

from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import Field, field_validator

from models.errors import ConfigError
from models.frozen import Frozen


class NoTrackingConfig(Frozen):
    """Nobody is told."""

    kind: Literal["none"] = "none"


class MlflowConfig(Frozen):
    """Runs of MLflow, one for each version (docs/tracking.md)."""

    kind: Literal["mlflow"] = "mlflow"
    uri: str = Field(min_length=1)
    """The tracking server or store, such as `https://mlflow.example.org` or `sqlite:///mlflow.db`. No password: MLflow
    takes it from its environment variables."""
    experiment: str = Field(default="threefold", min_length=1, max_length=500)
    """The experiment that holds the runs; it is made where there is none."""
    timeout_s: float = Field(default=10.0, gt=0)
    """How long one request to the server may take before the run is left untold."""

    @field_validator("uri")
    @classmethod
    def _holds_no_password(cls, uri: str) -> str:
        if urlsplit(uri).password is not None:
            raise ConfigError(
                "an address of MLflow holds no password, because every version keeps its configuration; found one in "
                "`uri`: leave it out and set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD"
            )
        return uri


TrackingConfig = Annotated[NoTrackingConfig | MlflowConfig, Field(discriminator="kind")]
