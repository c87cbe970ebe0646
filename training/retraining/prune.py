"""Stage `prune`: the registry keeps its newest versions."""

from models.registry.who import who_asks
from training.retraining.order import Order


def prune(order: Order) -> tuple[str, ...]:
    """Remove versions beyond those that are kept, and give their names."""
    return tuple(order.registry.prune(order.settings.keep, who_asks()))
