"""No calibration: the output is believed as it is."""

from typing import Literal

from models.frozen import Frozen


class Identity(Frozen):
    """Leaves the output alone."""

    kind: Literal["identity"] = "identity"
