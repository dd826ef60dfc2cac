"""Protein language models: catalogue, weights, engines, and the model bundled with this package."""
