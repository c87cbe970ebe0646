"""Several processes behind one port, which share the model's memory; a supervisor keeps them running."""

from service.workers.supervisor import supervise

__all__ = ["supervise"]
