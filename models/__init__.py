"""The contract between training and serving: schema, encoder, network, calibration, predictor, checkpoint."""

import os

# ONNX Runtime as it is published reports its use to its maker from a thread of its own, unless this is set beforehand.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
