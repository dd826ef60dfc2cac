"""Find nuclear export signals (NES) in whole proteomes, with a database behind every number."""

__version__ = "0.1.0"
