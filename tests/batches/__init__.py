"""Batches: tables, rows, and what a kill leaves of them."""
