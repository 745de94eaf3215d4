"""Measurements, run by hand: `python -m tests.benchmarks.<name>`. No test asserts a time."""
