"""Pre-training of a small language model with the architecture, alphabet and objective of ESM-2."""
