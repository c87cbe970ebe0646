"""The HTTP service: one engine behind `POST /predict`, with health, metrics and a typed description."""
