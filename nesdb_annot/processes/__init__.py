"""Worker processes: one protocol, a pool for many chunks, a child for what may die."""
