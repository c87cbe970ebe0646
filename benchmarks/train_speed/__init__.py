"""How fast Threefold trains: beside its peers, a plain loop, and its own network on data in memory."""
