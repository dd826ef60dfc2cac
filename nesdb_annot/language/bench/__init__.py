"""How fast the engines are beside stock fair-esm and the machine's own matrix product, measured in one run."""
