"""Scoring methods, one file each, behind one Protocol; `ranking` holds the one formula that combines them."""
