"""The dense part of the network's input: what is learned between encoded values and the trunk, beside the table."""

from models.inputs.dot_products import DotProducts
from models.inputs.id_dropout import IdDropout
from models.inputs.inputs import Inputs
from models.inputs.piecewise_linear import NumericActivation

__all__ = ["DotProducts", "IdDropout", "Inputs", "NumericActivation"]
