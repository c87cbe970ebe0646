"""Swaps and rollbacks under load: what is lost, what is answered wrongly, and what a client notices."""
