"""Ways to run a language model: each takes residues of one pass and gives their vectors."""
