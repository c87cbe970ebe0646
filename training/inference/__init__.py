"""How a trained network is made ready to serve: its graphs, and the check of reduced precisions."""
