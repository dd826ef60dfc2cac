"""Training and honest evaluation: homology folds, heads, calibration, metrics."""
