"""The command line: arguments in, tables out; no science, no SQL."""
