"""One streaming pass over the training window: vocabularies, numeric statistics, label statistics."""
