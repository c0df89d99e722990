"""Benchmark: this assistant beside a stock Rasa 3.6.21 on the same data. `python -m tests.bench`."""
