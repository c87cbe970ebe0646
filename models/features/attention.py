"""Settings of target attention over a list."""

from pydantic import Field

from models.frozen import Frozen
from models.mlp import ActivationName


class AttentionConfig(Frozen):
    """How the elements of a list are weighed against the target."""

    width: int = Field(default=32, ge=1)
    """Hidden units of the perceptron that scores an element."""
    activation: ActivationName = "silu"
    """What follows the hidden layer."""
    normalise: bool = True
    """Weights are a softmax over the list and begin as its mean. Without, as in the paper, the scores are the weights,
    begin as the list's sum, and grow with the number of elements that fit."""
