"""Checks: what new rows have to be like before anything is trained on them. `check_data` asks all of them."""
