"""What comes over the network: fetched politely, checked for completeness, and only then put under its final name.

No source parses what it fetches beyond what it must to know that all of it came; the grammars are in `formats`.
"""
