"""A first configuration, guessed from a log."""
