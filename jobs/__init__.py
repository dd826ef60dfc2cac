"""What a queue or a scheduler runs: thin entries that parse arguments and call `nesdb_annot.workflow`."""
