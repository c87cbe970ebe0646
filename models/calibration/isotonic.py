"""Isotonic calibration of a binary head, made usable for ranking.

Zadrozny, Elkan, "Transforming Classifier Scores into Accurate Multiclass Probability Estimates", KDD 2002,
https://doi.org/10.1145/775047.775151: the increasing function of the score that fits best, which is a staircase. All
candidates on a step would be equal, so we do not serve the staircase: a straight line, in logits, joins the middle of
each step with the middle of the next, and beyond the outer ones differences of logits stay as the head has them.
`training/evaluation/isotonic.py` fits it.
"""

from typing import Literal

from models.calibration.polyline import Polyline


class Isotonic(Polyline):
    """Any increasing function that the held-out rows show; needs many of them."""

    kind: Literal["isotonic"] = "isotonic"
