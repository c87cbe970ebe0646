"""Paths of the protocol that name a model; metrics call the routes by them."""

MODEL = "/v2/models/{name}"
VERSION = MODEL + "/versions/{version}"
INFER = f"{MODEL}/infer"
INFER_VERSION = f"{VERSION}/infer"
ANSWERING = frozenset({INFER, INFER_VERSION, "/predict"})
"""The routes that answer predictions."""
