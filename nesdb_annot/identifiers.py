"""Identifiers of UniProt: their grammar, in the one place that knows it."""

from __future__ import annotations

import re

ACCESSION = "(?:[OPQ][0-9][A-Z0-9]{3}[0-9]|[A-NR-Z][0-9](?:[A-Z][A-Z0-9]{2}[0-9]){1,2})"
"""Regular expression of a UniProtKB accession (uniprot.org/help/accession_numbers), without an isoform's suffix."""

ACCESSION_PATTERN = re.compile(rf"{ACCESSION}(?:-([0-9]+))?")
"""An accession, with ``-n`` for an isoform (group 1); use `fullmatch`.

Example:
    >>> [bool(ACCESSION_PATTERN.fullmatch(text)) for text in ("P04637", "P04637-2", "A0A088CK81", "P53_HUMAN")]
    [True, True, True, False]
"""

MAXIMUM_IDENTIFIER = 255
"""Characters of an accession or any other identifier; the database's indexes take no more than some thousands."""

PROTEOME_PATTERN = re.compile(r"UP[0-9]{9}")
"""A proteome identifier (UPID), ``UP000005640``; use `fullmatch`."""
