"""File formats: grammar only, streaming, no science."""
