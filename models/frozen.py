"""The base of every configuration object."""

from pydantic import BaseModel, ConfigDict


class Frozen(BaseModel):
    """Immutable settings; a key nobody knows is an error, not a silence."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, use_attribute_docstrings=True)
