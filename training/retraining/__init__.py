"""From new logs to a promoted version, or a reason why not."""
