"""The network rewritten for predictions, and the engines that run it."""

from models.inference.compiled import CompiledPredictor

__all__ = ["CompiledPredictor"]
